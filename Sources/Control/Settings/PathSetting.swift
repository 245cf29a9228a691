/// One thing that can be set about a path: its key is `NAME.PATH`.
package struct PathSetting: Sendable {
  package let name: String
  /// What stands for the value in help.
  package let value: String
  package let help: String
  private let key: any WritableKeyPath<PathSettings, UInt8> & Sendable
  private let range: ClosedRange<UInt8>

  package static let all = [
    PathSetting(
      name: "priority", value: "0..255",
      help: "The path's group: the lowest number that has a usable path carries everything.",
      key: \.priority, range: 0...255),
    PathSetting(
      name: "weight", value: "1..100",
      help: "The path's share under selector=service-time.", key: \.weight, range: 1...100),
    PathSetting(
      name: "connections", value: "1..16",
      help: "How many connections lead to an NBD path's server, if it promises that a flush on one "
        + "covers all (CAN_MULTI_CONN). In force when the path connects next.",
      key: \.connections, range: 1...16),
  ]

  package static func named(_ name: String) -> PathSetting? { all.first { $0.name == name } }

  package func format(_ settings: PathSettings) -> String { "\(settings[keyPath: key])" }

  package func store(_ text: String, in settings: inout PathSettings) throws(ControlError) {
    guard let number = UInt8(text), range.contains(number) else {
      throw ControlError(
        .badRequest,
        "\(name) cannot be '\(PrintableText.escaped(text, lengthMax: 80))'",
        hint: "give \(range.lowerBound) to \(range.upperBound)")
    }
    settings[keyPath: key] = number
  }
}
