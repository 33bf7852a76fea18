// Runs an AArch64 Linux program with its output captured, first without and then with a folder that it may read:
// run_process PROGRAM, where PROGRAM counts the words of the file that is its argument (programs/word_count.c).
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "armillion/process.hpp"

namespace {

// Runs the program over /data/poem.txt of the guest, and shows what became of it.
armillion::ProcessResult run_and_show(const armillion::ProcessOptions& options) {
  armillion::Process process(options);
  const armillion::ProcessResult result = process.run();
  std::printf("%s with code %d after %llu instructions\n", armillion::name_of(result.stop_reason), result.exit_code,
              static_cast<unsigned long long>(result.instructions));
  std::printf("  standard output: %s", process.captured_output(1).c_str());
  std::printf("\n  standard error: %s\n", process.captured_output(2).c_str());
  return result;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: run_process PROGRAM\n");
    return 2;
  }
  const std::filesystem::path folder = std::filesystem::temp_directory_path() / "armillion_run_process_example";
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "poem.txt") << "so much depends\nupon\n\na red wheel\nbarrow\n";

  try {
    armillion::ProcessOptions options;
    options.program = argv[1];
    options.arguments = {"/data/poem.txt"};
    options.standard_output = armillion::OutputStream::capture();
    options.standard_error = armillion::OutputStream::capture();
    // A virtual clock and seeded randomness (the default) make every run the same, to the instruction.
    options.clock = armillion::ClockSource::VIRTUAL;

    // A guest has its three standard streams and nothing else of the host: there is no such file.
    const armillion::ProcessResult without = run_and_show(options);

    options.directories = {
        {.host = folder.string(), .guest = "/data", .access = armillion::DirectoryAccess::READ_ONLY}};
    const armillion::ProcessResult with = run_and_show(options);

    std::filesystem::remove_all(folder);
    return without.exit_code == 1 && with.exit_code == 0 ? 0 : 1;
  } catch (const armillion::Error& error) {
    // The host's mistakes, such as a program that cannot be read; what a guest does wrong is in the result.
    std::fprintf(stderr, "run_process: %s\n", error.what());
    return 1;
  }
}
