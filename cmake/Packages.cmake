# cpack makes a tarball and a Debian package of what `cmake --install` installs.
set(CPACK_GENERATOR "TGZ;DEB")
set(CPACK_PACKAGE_NAME armillion)
set(CPACK_PACKAGE_VENDOR "Armillion")
set(CPACK_PACKAGE_CONTACT "The Armillion developers <developers@armillion.invalid>")
set(CPACK_PACKAGE_VERSION "${PROJECT_VERSION}")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_RESOURCE_FILE_LICENSE "${PROJECT_SOURCE_DIR}/LICENSE")
set(CPACK_STRIP_FILES ON)
set(CPACK_VERBATIM_VARIABLES ON)

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION devel)
# The shared libraries that the command needs are found by dpkg-shlibdeps.
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# What it takes to link with the libraries, which are static.
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "libfmt-dev, zlib1g-dev, libhwy-dev, libopenblas-serial-dev")

install(FILES LICENSE CHANGELOG.md README.md DESTINATION "${CMAKE_INSTALL_DOCDIR}")
include(CPack)
