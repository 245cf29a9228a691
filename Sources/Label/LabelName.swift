/// The device's name as the label has it: 1 to 15 bytes of text.
///
/// FreeBSD checks no character of it, so it may be one that cannot be a device's name here; see
/// `DeviceNaming`.
package struct LabelName: Hashable, Sendable, CustomStringConvertible {
  package static let bytesMax = 15

  package let text: String

  package init(_ text: String) throws(LabelError) {
    let bytes = text.utf8
    guard !bytes.isEmpty else { throw .emptyName }
    guard bytes.count <= Self.bytesMax else { throw .longName(bytes: bytes.count) }
    guard bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else { throw .damagedName }
    self.text = text
  }

  package var description: String { text }
}
