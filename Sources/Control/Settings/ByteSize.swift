/// Sizes as operators write them: a number, or one with K, M or G for powers of 1024.
package enum ByteSize {
  static let noPathMax: UInt64 = 1 << 30
  private static let units: [(letter: Character, shift: UInt64)] = [
    ("G", 30), ("M", 20), ("K", 10),
  ]

  package static func parse(_ text: String) -> UInt64? {
    guard let last = text.last else { return nil }
    guard let unit = units.first(where: { $0.letter == last }) else { return UInt64(text) }
    guard let number = UInt64(text.dropLast()), number <= UInt64.max >> unit.shift else {
      return nil
    }
    return number << unit.shift
  }

  /// The shortest text that means exactly this.
  static func text(_ bytes: UInt64) -> String {
    for unit in units where bytes > 0 && bytes % (1 << unit.shift) == 0 {
      return "\(bytes >> unit.shift)\(unit.letter)"
    }
    return "\(bytes)"
  }
}
