/// Messages written by hand, with the protocol's numbers rather than the module's: a wrong constant
/// there must not hide here.
enum Bytes {
  static func be64(_ value: UInt64) -> [UInt8] { be(value, 8) }
  static func be32(_ value: UInt32) -> [UInt8] { be(UInt64(value), 4) }
  static func be16(_ value: UInt16) -> [UInt8] { be(UInt64(value), 2) }

  private static func be(_ value: UInt64, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * (count - 1 - $0))) }
  }

  static let greeting: [UInt8] = Array("NBDMAGICIHAVEOPT".utf8) + [0, 3]

  static func clientFlags(_ flags: UInt32 = 3) -> [UInt8] { be32(flags) }

  static func optionHeader(_ number: UInt32, length: UInt32) -> [UInt8] {
    Array("IHAVEOPT".utf8) + be32(number) + be32(length)
  }

  static func option(_ number: UInt32, _ data: [UInt8] = []) -> [UInt8] {
    optionHeader(number, length: UInt32(data.count)) + data
  }

  static func infoData(_ name: [UInt8], _ ids: [UInt16] = []) -> [UInt8] {
    be32(UInt32(name.count)) + name + be16(UInt16(ids.count)) + ids.flatMap(be16)
  }

  static func infoData(_ name: String, _ ids: [UInt16] = []) -> [UInt8] {
    infoData(Array(name.utf8), ids)
  }

  static func contextData(_ name: String, _ queries: [String] = []) -> [UInt8] {
    text(name) + be32(UInt32(queries.count)) + queries.flatMap(text)
  }

  private static func text(_ text: String) -> [UInt8] {
    be32(UInt32(text.utf8.count)) + Array(text.utf8)
  }

  static func extendedRequest(
    flags: UInt16 = 0, type: UInt16, cookie: UInt64 = 7, offset: UInt64 = 0, length: UInt64 = 0
  ) -> [UInt8] {
    be32(0x21e4_1c71) + be16(flags) + be16(type) + be64(cookie) + be64(offset) + be64(length)
  }

  static func reply(_ option: UInt32, _ type: UInt32, _ data: [UInt8] = []) -> [UInt8] {
    be64(0x0003_e889_0455_65a9) + be32(option) + be32(type) + be32(UInt32(data.count)) + data
  }

  static func acknowledge(_ option: UInt32) -> [UInt8] { reply(option, 1) }

  static func request(
    magic: UInt32 = 0x2560_9513, flags: UInt16 = 0, type: UInt16, cookie: UInt64 = 7,
    offset: UInt64 = 0, length: UInt32 = 0
  ) -> [UInt8] {
    be32(magic) + be16(flags) + be16(type) + be64(cookie) + be64(offset) + be32(length)
  }
}
