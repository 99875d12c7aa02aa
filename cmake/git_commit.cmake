# SPDX-License-Identifier: Apache-2.0
# cmake -DSOURCE=... -DHEADER=... -P git_commit.cmake: the commit that SOURCE is at, as a header; "-dirty" where files differ from
# it, empty outside of a repository of its own. The file is touched only where it changes.
set(commit "")
if(EXISTS ${SOURCE}/.git)
  execute_process(COMMAND git -C ${SOURCE} describe --always --dirty --abbrev=40 --exclude=*
    OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
endif()
file(CONFIGURE OUTPUT ${HEADER} CONTENT "#pragma once\ninline constexpr char kBuildCommit[] = \"${commit}\";\n")
