internal import CLinux
internal import Control
internal import Glibc

/// One of the kernel's NBD devices, as /sys and /proc show it. Nothing here waits for the device.
struct KernelDevice {
  let name: KernelDeviceName

  init(_ number: UInt32) { name = KernelDeviceName(number: number) }

  private var folder: String { "/sys/block/" + name.short }

  /// Every device the module has made, by number.
  static func all() -> [KernelDevice] {
    SystemFile.names(in: "/sys/block")
      .compactMap { try? KernelDeviceName($0) }.map { KernelDevice($0.number) }
      .sorted { $0.name.number < $1.name.number }
  }

  static func all(backendPrefix prefix: String) -> [KernelDevice] {
    all().filter { $0.backend?.hasPrefix(prefix) == true }
  }

  /// The identifier its owner gave it.
  var backend: String? { SystemFile.text(folder + "/backend") }

  /// Somebody has configured it.
  var isConnected: Bool { unsafe access(folder + "/pid", F_OK) == 0 }

  /// Nobody has configured it, nobody holds it, and what it was before is over: its size is zero only when
  /// the last user of its former life has closed it.
  var isFree: Bool {
    !isConnected && holders.isEmpty && (SystemFile.text(folder + "/size") ?? "0") == "0"
  }

  var sizeBytes: UInt64 {
    (SystemFile.text(folder + "/size").flatMap { UInt64($0) } ?? 0) * 512
  }

  /// Its partitions' names.
  var partitions: [String] {
    SystemFile.names(in: folder).filter { $0.hasPrefix(name.short + "p") }
  }

  /// Devices on top of it or of a partition.
  var holders: [String] {
    let partitions = partitions.flatMap { SystemFile.names(in: "\(folder)/\($0)/holders") }
    return SystemFile.names(in: folder + "/holders") + partitions
  }

  /// Where it or a partition is mounted in this mount namespace, or used for swap.
  var mounts: [String] {
    let nodes = [name.short] + partitions
    var numbers: Set<String> = []
    for node in nodes {
      let file = node == name.short ? folder + "/dev" : "\(folder)/\(node)/dev"
      if let number = SystemFile.text(file) { numbers.insert(number) }
    }
    var found: [String] = []
    for line in (SystemFile.text("/proc/self/mountinfo") ?? "").split(separator: "\n") {
      // proc(5): mount ID, parent ID, major:minor, root, mount point.
      let fields = line.split(separator: " ", maxSplits: 5)
      guard fields.count > 4, numbers.contains(String(fields[2])) else { continue }
      found.append(Self.unescaped(fields[4]))
    }
    for line in (SystemFile.text("/proc/swaps") ?? "").split(separator: "\n") {
      if nodes.contains(where: { line.hasPrefix("/dev/\($0) ") || line.hasPrefix("/dev/\($0)\t") })
      {
        found.append("swap")
      }
    }
    return found
  }

  /// Mount points have blanks as \040.
  private static func unescaped(_ field: Substring) -> String {
    var bytes: [UInt8] = []
    var rest = Array(field.utf8)[...]
    while let byte = rest.popFirst() {
      let digits = rest.prefix(3)
      if byte == 92, digits.count == 3, digits.allSatisfy({ 48...55 ~= $0 }) {
        bytes.append(digits.reduce(0) { $0 &* 8 &+ ($1 &- 48) })
        rest = rest.dropFirst(3)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  // MARK: What is set once it is connected

  private static let requestKibibytes: UInt64 = 1024

  /// Best effort: the device works with whatever the kernel has chosen.
  ///
  /// Requests that were with a connection that died are sent again only when the block layer's timer fires,
  /// 30 s after they began unless told otherwise.
  func tune(retryMilliseconds: UInt64) {
    patience(milliseconds: retryMilliseconds)
    SystemFile.write("none", to: folder + "/queue/scheduler")
    let most = SystemFile.text(folder + "/queue/max_hw_sectors_kb").flatMap { UInt64($0) } ?? 128
    SystemFile.write("\(min(Self.requestKibibytes, most))", to: folder + "/queue/max_sectors_kb")
    announce()
  }

  /// It counts for requests that begin from now on.
  func patience(milliseconds: UInt64) {
    SystemFile.write("\(milliseconds)", to: folder + "/queue/io_timeout")
  }

  /// Has udev look at it again: the backend's name appears after the kernel's own announcement.
  func announce() {
    SystemFile.write("change", to: folder + "/uevent")
  }
}
