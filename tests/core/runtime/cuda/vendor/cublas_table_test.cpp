// SPDX-License-Identifier: Apache-2.0
// Opening NVIDIA's libraries at run time: what is there is used, what is missing is a reason in words.
#include "core/runtime/cuda/vendor/cublas_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "core/base/error.h"
#include "core/base/text.h"

namespace lamina {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// An environment variable that is as it was again at the end.
class ScopedVariable {
 public:
  ScopedVariable(const char* name, const std::string& value) : name_(name), before_(std::getenv(name)) {
    if (before_) kept_ = before_;
    setenv(name, value.c_str(), 1);
  }
  ~ScopedVariable() { before_ ? setenv(name_, kept_.c_str(), 1) : unsetenv(name_); }

 private:
  const char* name_;
  const char* before_;
  std::string kept_;
};

// A folder of this test's own, gone with it.
struct ScratchFolder {
  fs::path path = fs::path(::testing::TempDir()) /
                  (std::string("lamina_") + ::testing::UnitTest::GetInstance()->current_test_info()->name());
  ScratchFolder() {
    fs::remove_all(path);
    fs::create_directories(path);
  }
  ~ScratchFolder() { fs::remove_all(path); }
};

TEST(SharedLibrary, NamesThePlacesWhereItLooked) {
  std::string why;
  EXPECT_FALSE(SharedLibrary::open("libno_such_thing.so.3", {true, {"/nowhere", "/not/here"}}, &why));
  EXPECT_THAT(why, StartsWith("libno_such_thing.so.3 not found; looked in the loader's path ("));
  EXPECT_THAT(why, HasSubstr("), /nowhere, /not/here; LAMINA_CUDA_LIBS can name more folders"));
}

TEST(SharedLibrary, TellsAFileThatDoesNotLoadFromNone) {
  const ScratchFolder folder;
  std::ofstream(folder.path / "libdamaged.so.1") << "not a library";
  std::string why;
  EXPECT_FALSE(SharedLibrary::open("libdamaged.so.1", {false, {folder.path}}, &why));
  EXPECT_THAT(why, HasSubstr("(it is there, but: "));
}

TEST(SharedLibrary, GoesOnToTheNextFolder) {
  const ScratchFolder folder;
  const fs::path good = "/lib/x86_64-linux-gnu/libm.so.6";
  if (!fs::exists(good)) GTEST_SKIP() << "no library at a known place";
  std::ofstream(folder.path / "libm.so.6") << "not a library";
  std::string why;
  const auto library = SharedLibrary::open("libm.so.6", {false, {folder.path, good.parent_path()}}, &why);
  ASSERT_TRUE(library) << why;
  EXPECT_EQ(library->name(), good.string());
}

TEST(SharedLibrary, NamesTheFunctionItLacks) {
  std::string why;
  const auto library = SharedLibrary::open("libm.so.6", {true, {}}, &why);
  ASSERT_TRUE(library) << why;
  double (*cosine)(double) = nullptr;
  EXPECT_TRUE(library->bind(cosine, "cos", &why));
  EXPECT_EQ(cosine(0), 1);
  EXPECT_FALSE(library->bind(cosine, "no_such_function", &why));
  EXPECT_EQ(why, "libm.so.6 has no function no_such_function");
}

TEST(LibrarySearch, TakesFoldersAndSitePackagesFromTheEnvironment) {
  const ScratchFolder site;
  fs::create_directories(site.path / "nvidia" / "cublas" / "lib");
  fs::create_directories(site.path / "nvidia" / "cu13" / "lib");
  fs::create_directories(site.path / "nvidia" / "empty");
  const ScopedVariable home("CUDA_HOME", "/home/of/cuda");
  const ScopedVariable libraries("LAMINA_CUDA_LIBS", "/first::" + site.path.string());
  const LibrarySearch search = LibrarySearch::from_environment();
  EXPECT_TRUE(search.loader);
  EXPECT_THAT(search.folders,
              ElementsAre("/home/of/cuda/lib64", "/usr/local/cuda/lib64", "/first", site.path,
                          site.path / "nvidia" / "cu13" / "lib", site.path / "nvidia" / "cublas" / "lib"));
}

TEST(CublasTable, SaysWhyThereIsNone) {
  CublasTable table{};
  std::string why;
  EXPECT_FALSE(load_cublas({false, {"/nowhere"}}, &table, &why));
  EXPECT_EQ(why, text("libcublas.so.", CUBLAS_VER_MAJOR,
                      " not found; looked in /nowhere; LAMINA_CUDA_LIBS can name more folders"));
}

TEST(CublasTable, RefusesALibraryThatIsNotCublas) {
  const ScratchFolder folder;
  std::string why;
  const fs::path other = "/lib/x86_64-linux-gnu/libm.so.6";
  if (!fs::exists(other)) GTEST_SKIP() << "no other library to put in its place";
  fs::create_symlink(other, folder.path / text("libcublas.so.", CUBLAS_VER_MAJOR));
  CublasTable table{};
  EXPECT_FALSE(load_cublas({false, {folder.path}}, &table, &why));
  EXPECT_THAT(why, HasSubstr("has no function cublasGetProperty"));
}

TEST(CublasTable, IsWholeWhereTheLibraryIsThere) {
  std::string why;
  const CublasTable* table = cublas(&why);
  if (!table && why.find(" not found; ") != std::string::npos) GTEST_SKIP() << why;
  ASSERT_NE(table, nullptr) << why;
  EXPECT_EQ(cublas(nullptr), table) << "opened once";
  EXPECT_THAT(table->version, StartsWith(text(CUBLAS_VER_MAJOR, ".")));
  EXPECT_STREQ(table->get_status_name(CUBLAS_STATUS_ALLOC_FAILED), "CUBLAS_STATUS_ALLOC_FAILED");
}

TEST(CublasCheck, NamesTheCallAndTheStatus) {
  CublasTable table{};
  table.get_status_name = [](cublasStatus_t) { return "CUBLAS_STATUS_NOT_INITIALIZED"; };
  table.get_status_string = [](cublasStatus_t) { return "not initialized"; };
  table.set_stream = [](cublasHandle_t, cudaStream_t) { return CUBLAS_STATUS_NOT_INITIALIZED; };
  try {
    CUBLAS_CHECK(table, table.set_stream(nullptr, nullptr));
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code(), 6);
    EXPECT_THAT(error.what(),
                StartsWith("[cublas] cublasSetStream failed with CUBLAS_STATUS_NOT_INITIALIZED: not initialized ("));
  }
}

}  // namespace
}  // namespace lamina
