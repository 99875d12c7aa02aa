# SPDX-License-Identifier: Apache-2.0
# cmake -DREPOSITORY=... -DOUTPUT=... -P build_commit.cmake: the source of build_commit(), which build_commit.h declares. The file
# is touched only where the commit changed. A .git in the folder above is another project's.
set(commit "")
if(EXISTS ${REPOSITORY}/.git)
  execute_process(COMMAND git -C ${REPOSITORY} describe --always --dirty --abbrev=40 --exclude=*
    OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
endif()
file(CONFIGURE OUTPUT ${OUTPUT} CONTENT [[
#include "apps/yolov3/run/build_commit.h"

const char* lamina::yolov3::build_commit() { return "@commit@"; }
]] @ONLY)
