internal import Testing

/// udev's database, where no udevd runs: what it would know of a block device.
enum Udev {
  private static let folder = "/run/udev/data"

  /// States one property, and nothing else, until the test ends.
  static func set(
    _ key: String, to value: String, of loop: LoopDevice, in lab: Lab
  ) async throws {
    let number = try await lab.succeed("lsblk", ["-ndo", "MAJ:MIN", loop.node])
    let file = folder + "/b" + number.filter { !$0.isWhitespace }
    try await lab.succeed("mkdir", ["-p", folder])
    lab.atEnd { _ = try? await lab.run("rm", ["-f", file]) }
    try Files.write("E:\(key)=\(value)\n", to: file)
  }
}
