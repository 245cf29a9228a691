internal import Testing

/// A loop device, the nearest thing to a disk that every Linux machine has.
struct LoopDevice {
  /// Such as /dev/loop3.
  let node: String

  /// The name by which mpctl shows it.
  var name: String { String(node.dropFirst("/dev/".count)) }

  /// Attaches a free loop device to a file until the test ends.
  ///
  /// `options` are losetup's, such as `--partscan`.
  static func attach(
    _ file: String, in lab: Lab, sectorBytes: Int = 512, options: [String] = []
  ) async throws -> LoopDevice {
    let output = try await lab.succeed(
      "losetup",
      ["--find", "--show", "--direct-io=on", "--sector-size=\(sectorBytes)"] + options + [file])
    let device = LoopDevice(node: String(output.split(separator: "\n").first ?? ""))
    lab.atEnd { _ = try? await lab.run("losetup", ["--detach", device.node]) }
    return device
  }

  /// Takes the file away and waits until it is gone: while anyone has the node open, and be it for a short
  /// look, the kernel puts that off, and would refuse another file with EBUSY.
  func detach(in lab: Lab) async throws {
    try await lab.succeed("losetup", ["--detach", node])
    let clock = ContinuousClock()
    let end = clock.now + .seconds(30)
    while Files.exists("/sys/block/\(name)/loop/backing_file"), clock.now < end {
      try await Task.sleep(for: .milliseconds(20))
    }
  }
}
