#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace armillion::cli {

/// One connection of GDB's remote serial protocol (GDB manual, appendix E): packets with checksums over TCP.
class GdbConnection {
 public:
  /// Waits on this port of the loopback interface for one debugger. Error where the port cannot be had.
  explicit GdbConnection(std::uint16_t port);
  ~GdbConnection();
  GdbConnection(const GdbConnection&) = delete;
  GdbConnection& operator=(const GdbConnection&) = delete;

  /// The next packet's data, unescaped; nothing once the connection is closed. An interrupt (Ctrl-C) that arrives
  /// between packets is dropped.
  std::optional<std::string> receive();
  void send(std::string_view data);
  /// Whether the debugger asked for an interrupt, went away, or sent a packet, which only a program that stands still
  /// can answer. Does not wait.
  bool interrupt_requested();
  /// From now on packets are not acknowledged.
  void stop_acknowledging() { acknowledges_ = false; }

 private:
  std::optional<char> next_byte();
  void write_all(std::string_view bytes);

  int socket_ = -1;
  bool acknowledges_ = true;
  std::string buffer_;
  std::size_t position_ = 0;
};

}  // namespace armillion::cli
