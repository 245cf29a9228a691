/// The name of one of the kernel's NBD devices: /dev/nbd3 or nbd3.
package struct KernelDeviceName: Hashable, Sendable {
  /// What minor numbers leave room for with the module's usual 16 partitions a device.
  package static let numberMax: UInt32 = 65535

  package let number: UInt32

  package init(number: UInt32) { self.number = number }

  package init(_ operand: String) throws(ControlError) {
    let short = operand.hasPrefix("/dev/") ? operand.dropFirst(5) : operand[...]
    let digits = short.dropFirst(3)
    guard short.hasPrefix("nbd"), !digits.isEmpty, digits.utf8.allSatisfy({ 48...57 ~= $0 }),
      let number = UInt32(digits), number <= Self.numberMax, "\(number)" == digits
    else {
      throw ControlError(
        .badRequest, "\(PrintableText.escaped(operand)) is no NBD device of the kernel",
        hint: "name one as /dev/nbd0, or none and let a free one be found")
    }
    self.number = number
  }

  /// As it is below /sys/block.
  package var short: String { "nbd\(number)" }
  package var path: String { "/dev/" + short }
}
