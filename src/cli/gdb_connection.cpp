#include "cli/gdb_connection.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "armillion/error.hpp"
#include "cli/gdb_registers.hpp"

namespace armillion::cli {

namespace {

constexpr char INTERRUPT = '\x03';
// A packet that is longer than we ever announced is a mistake of the other side.
constexpr std::size_t MAX_PACKET_BYTES = 1 << 20;

[[noreturn]] void throw_socket_error(const char* what, std::uint16_t port) {
  throw Error(ErrorCode::UNAVAILABLE, fmt::format("port {} cannot be {}: {}", port, what, std::strerror(errno)));
}

std::uint8_t checksum_of(std::string_view data) {
  unsigned sum = 0;
  for (const char c : data) sum += static_cast<unsigned char>(c);
  return static_cast<std::uint8_t>(sum);
}

}  // namespace

GdbConnection::GdbConnection(std::uint16_t port) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (listener < 0) throw_socket_error("opened", port);
  const int on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 || listen(listener, 1) != 0) {
    close(listener);
    throw_socket_error("listened on", port);
  }
  fmt::print(stderr, "armillion: waiting for a debugger on port {}\n", port);
  socket_ = accept(listener, nullptr, nullptr);
  close(listener);
  if (socket_ < 0) throw_socket_error("accepted on", port);
  setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

GdbConnection::~GdbConnection() {
  if (socket_ >= 0) close(socket_);
}

std::optional<char> GdbConnection::next_byte() {
  if (position_ == buffer_.size()) {
    buffer_.resize(4096);
    const ssize_t count = recv(socket_, buffer_.data(), buffer_.size(), 0);
    buffer_.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    position_ = 0;
    if (count <= 0) return std::nullopt;
  }
  return buffer_[position_++];
}

std::optional<std::string> GdbConnection::receive() {
  while (true) {
    auto byte = next_byte();
    while (byte && *byte != '$') byte = next_byte();  // acknowledgements and interrupts between packets
    if (!byte) return std::nullopt;
    std::string raw;
    for (byte = next_byte(); byte && *byte != '#' && raw.size() < MAX_PACKET_BYTES; byte = next_byte()) raw += *byte;
    const auto high = next_byte();
    const auto low = next_byte();
    if (!byte || !high || !low) return std::nullopt;
    const auto checksum = from_hexadecimal(std::string{*high, *low});
    const bool is_valid = checksum && static_cast<std::uint8_t>(checksum->front()) == checksum_of(raw);
    if (acknowledges_) write_all(is_valid ? "+" : "-");
    if (!is_valid) continue;
    std::string data;
    for (std::size_t i = 0; i < raw.size(); ++i) {
      const bool escaped = raw[i] == '}' && i + 1 < raw.size();
      data += escaped ? static_cast<char>(raw[++i] ^ 0x20) : raw[i];
    }
    return data;
  }
}

void GdbConnection::send(std::string_view data) {
  std::string escaped;
  for (const char c : data) {
    if (c == '$' || c == '#' || c == '}' || c == '*') {
      escaped += '}';
      escaped += static_cast<char>(c ^ 0x20);
    } else {
      escaped += c;
    }
  }
  write_all(fmt::format("${}#{:02x}", escaped, checksum_of(escaped)));
}

bool GdbConnection::interrupt_requested() {
  while (true) {
    if (position_ < buffer_.size()) {
      if (buffer_[position_] == '$') return true;  // a packet, for `receive`
      if (buffer_[position_++] == INTERRUPT) return true;
      continue;
    }
    pollfd ready{socket_, POLLIN, 0};
    if (poll(&ready, 1, 0) <= 0) return false;
    if (!next_byte()) return true;
    --position_;
  }
}

void GdbConnection::write_all(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) return;  // the next receive tells that the connection is closed
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

}  // namespace armillion::cli
