internal import Glibc
internal import Registry

/// What the kernel and udev know of a block device, read from their small files: /sys and udev's database.
enum BlockFacts {
  /// Nil for a device that the kernel does not know.
  static func identity(_ device: UInt64) -> Candidate.Identity? {
    let number = "\(major(device)):\(minor(device))"
    let folder = "/sys/dev/block/" + number
    guard let uevent = SystemFile.text(folder + "/uevent"),
      let name = value(of: "DEVNAME", in: uevent)
    else { return nil }
    var identity = Candidate.Identity(kernelName: name, number: number)
    let serials = [folder + "/device/serial", folder + "/serial", folder + "/../serial"]
    identity.serial = serials.lazy.compactMap(text).first
    identity.wwn = [folder + "/wwid", folder + "/device/wwid"].lazy.compactMap(text).first
    identity.model = text(folder + "/device/model")
    if let entry = SystemFile.text("/run/udev/data/b" + number) { add(entry, to: &identity) }
    return identity
  }

  private static func text(_ file: String) -> String? {
    guard let text = SystemFile.text(file) else { return nil }
    let words = text.split(whereSeparator: { $0.isWhitespace || $0 == "\0" })
    return words.isEmpty ? nil : words.joined(separator: " ")
  }

  /// udev's own lines: `S:disk/by-id/...` for a link, `E:KEY=VALUE` for a property.
  private static func add(_ entry: String, to identity: inout Candidate.Identity) {
    for line in entry.split(separator: "\n") {
      if line.hasPrefix("S:") { identity.aliases.append(String(line.dropFirst(2))) }
    }
    identity.aliases.sort()
    identity.serial =
      value(of: "E:ID_SERIAL_SHORT", in: entry) ?? identity.serial
      ?? value(of: "E:ID_SERIAL", in: entry)
    identity.wwn = value(of: "E:ID_WWN", in: entry) ?? identity.wwn
    identity.physicalPath = value(of: "E:ID_PATH", in: entry)
    identity.model = value(of: "E:ID_MODEL", in: entry) ?? identity.model
  }

  private static func value(of key: String, in text: String) -> String? {
    text.split(separator: "\n").first { $0.hasPrefix(key + "=") }
      .map { String($0.dropFirst(key.utf8.count + 1)) }
  }

  private static func major(_ device: UInt64) -> UInt64 {
    (device >> 8) & 0xfff | (device >> 32) & 0xffff_f000
  }

  private static func minor(_ device: UInt64) -> UInt64 {
    device & 0xff | (device >> 12) & 0xffff_ff00
  }
}
