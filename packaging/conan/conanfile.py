import os
import re

from conan import ConanFile
from conan.tools.build import check_min_cppstd
from conan.tools.cmake import CMake, CMakeDeps, CMakeToolchain, cmake_layout
from conan.tools.files import copy, load

required_conan_version = ">=2.0"


class WeftConan(ConanFile):
    name = "weft"
    description = "Header-only transformer encoders, composed at compile time"
    license = "BSD-3-Clause"
    topics = ("transformer", "nlp", "simd", "header-only")
    package_type = "header-library"
    settings = "os", "arch", "compiler", "build_type"
    no_copy_source = True

    @property
    def _tree(self):
        return os.path.join(self.recipe_folder, "..", "..")

    def set_version(self):
        self.version = re.search(r'version = "([^"]+)"', load(self, os.path.join(self._tree, "include/weft/base/version.hpp")))[1]

    def export_sources(self):
        for pattern in ("CMakeLists.txt", "LICENSE", "NOTICE", "cmake/*", "include/*"):
            copy(self, pattern, self._tree, self.export_sources_folder)

    def layout(self):
        cmake_layout(self)

    def requirements(self):
        self.requires("xsimd/13.0.0")
        self.requires("nlohmann_json/3.11.3")
        self.requires("utf8proc/2.8.0")

    def package_id(self):
        self.info.clear()

    def validate(self):
        check_min_cppstd(self, 20)

    def generate(self):
        toolchain = CMakeToolchain(self)
        for part in ("TESTS", "EXAMPLES", "BENCH", "TOOLS"):
            toolchain.cache_variables[f"WEFT_BUILD_{part}"] = False
        toolchain.cache_variables["WEFT_FETCH_DEPENDENCIES"] = False
        toolchain.cache_variables["WEFT_SENTENCEPIECE"] = "OFF"
        toolchain.cache_variables["WEFT_TORCH"] = "OFF"
        toolchain.generate()
        CMakeDeps(self).generate()

    def build(self):
        CMake(self).configure()

    def package(self):
        copy(self, "LICENSE", self.source_folder, os.path.join(self.package_folder, "licenses"))
        copy(self, "NOTICE", self.source_folder, os.path.join(self.package_folder, "licenses"))
        CMake(self).install()

    def package_info(self):
        self.cpp_info.bindirs = []
        self.cpp_info.libdirs = []
        self.cpp_info.builddirs = ["lib/cmake/weft"]
        self.cpp_info.components["weft"].requires = ["xsimd::xsimd"]
        self.cpp_info.components["text"].requires = ["weft", "utf8proc::utf8proc"]
        self.cpp_info.components["io"].requires = ["text", "nlohmann_json::nlohmann_json"]
        for component in ("weft", "text", "io"):
            self.cpp_info.components[component].set_property("cmake_target_name", f"weft::{component}")
