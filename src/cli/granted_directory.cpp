#include <filesystem>

#include "armillion/error.hpp"
#include "cli/guest_options.hpp"

namespace armillion::cli {

GrantedDirectory parse_granted_directory(const std::string& text) {
  GrantedDirectory granted;
  std::string rest = text;
  if (rest.ends_with(":ro")) {
    rest.resize(rest.size() - 3);
  } else if (rest.ends_with(":rw")) {
    granted.access = DirectoryAccess::READ_WRITE;
    rest.resize(rest.size() - 3);
  }
  const std::size_t colon = rest.find(':');
  granted.host = rest.substr(0, colon);
  // A third part is no access that there is.
  if (granted.host.empty() || (colon != std::string::npos && rest.find(':', colon + 1) != std::string::npos)) {
    throw Error(ErrorCode::INVALID_ARGUMENT, "--dir takes HOST[:GUEST][:ro|:rw], not '" + text + "'");
  }
  granted.guest = colon == std::string::npos ? std::filesystem::absolute(granted.host).lexically_normal().string()
                                             : rest.substr(colon + 1);
  if (!granted.guest.starts_with('/')) {
    throw Error(ErrorCode::INVALID_ARGUMENT, "in --dir " + text + ", the guest's path must start with '/'");
  }
  return granted;
}

}  // namespace armillion::cli
