internal import Testing

/// A run of fio over an export, checking everything that it reads.
struct Fio {
  let uri: String
  var seconds = 15
  var sizeMebibytes = 128
  var depth = 16
  var jobs = 1

  /// Options for random reads and writes of 4 KiB to 128 KiB, each block written with its checksum
  /// and read back.
  var arguments: [String] {
    [
      "--name=verify", "--ioengine=nbd", "--uri=\(uri)", "--rw=randrw", "--bsrange=4k-128k",
      "--iodepth=\(depth)", "--size=\(sizeMebibytes)m", "--verify=crc32c", "--verify_fatal=1",
      // Else fio would read back only at the end of a pass.
      "--verify_backlog=512", "--verify_state_save=0", "--randrepeat=0",
      "--time_based", "--runtime=\(seconds)", "--group_reporting",
    ]
  }

  /// Starts it, so that a test can do something meanwhile.
  func start(in lab: Lab) throws -> ChildProcess {
    try lab.start("fio", arguments)
  }

  /// Expects a started run to end with not one error or mismatch.
  func finish(
    _ process: ChildProcess, sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let ending = try await process.wait(atMostSeconds: seconds + 60)
    #expect(
      ending == .exited(0), "\(process.output)\n\(process.errors)",
      sourceLocation: sourceLocation)
    // It says so even if it exits 0.
    #expect(!process.errors.contains("verify:"), "\(process.errors)")
  }
}
