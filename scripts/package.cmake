# The Debian package: `cpack -G DEB` in a build folder. Included by CMakeLists.txt.

install(TARGETS outrigger DESTINATION bin)
install(FILES examples/systemd/outrigger.service examples/systemd/outrigger.socket DESTINATION lib/systemd/system)
install(FILES examples/systemd/tls.conf DESTINATION share/doc/outrigger/examples)
install(FILES README.md CHANGELOG.md DESTINATION share/doc/outrigger)
install(DIRECTORY docs/ DESTINATION share/doc/outrigger/docs FILES_MATCHING PATTERN "*.md")
install(FILES examples/systemd/outrigger.yaml DESTINATION /etc/outrigger)

# The man page and the completions come from the definitions of the commands: the binary writes them, where it can.
set(pages
  "man|share/man/man1/outrigger.1"
  "completions bash|share/bash-completion/completions/outrigger"
  "completions zsh|share/zsh/vendor-completions/_outrigger"
  "completions fish|share/fish/vendor_completions.d/outrigger.fish")
foreach(page IN LISTS pages)
  string(REPLACE "|" ";" parts "${page}")
  list(GET parts 0 command)
  list(GET parts 1 file)
  install(CODE "
    set(file \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${file}\")
    separate_arguments(command UNIX_COMMAND \"${CMAKE_BINARY_DIR}/outrigger ${command}\")
    execute_process(COMMAND \${command} OUTPUT_VARIABLE text ERROR_QUIET RESULT_VARIABLE code)
    if(code EQUAL 0)
      message(STATUS \"Writing: \${file}\")
      file(WRITE \"\${file}\" \"\${text}\")
    else()
      message(STATUS \"Not there: outrigger ${command}\")
    endif()")
endforeach()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME outrigger)
set(CPACK_PACKAGE_CONTACT "The Outrigger engineers")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "sidecar proxy for services that nobody wants to change")
set(CPACK_PACKAGE_DESCRIPTION "Adds TLS, retries, circuit breaking, caching, access control, logs, metrics and health to a service,
driven by a short YAML file of filter chains.")
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_SET_DESTDIR ON)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS ca-certificates)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
file(WRITE ${CMAKE_BINARY_DIR}/conffiles "/etc/outrigger/outrigger.yaml\n")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${CMAKE_BINARY_DIR}/conffiles)
include(CPack)
