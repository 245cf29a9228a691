import Control
import FoundationEssentials
import Testing

/// The protocol's own encoder against the one that comes with the language.
@Suite("Lines of JSON")
struct LineEncoderTests {
  private struct Everything: Codable, Hashable {
    var text: String
    var none: String?
    var flag: Bool
    var small: Int8
    var large: Int64
    var huge: UInt64
    var list: [String]
    var empty: [Int]
    var table: [String: String]
    var nested: [[Int]]
    var inner: Inner
    var Upper: Int
  }

  private struct Inner: Codable, Hashable {
    var zebra: Int
    var ant: [Inner]
  }

  private func expectSame(
    _ value: some Encodable, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let expected = String(decoding: try encoder.encode(value), as: UTF8.self)
    let ours = String(decoding: try Wire.line(value), as: UTF8.self)
    #expect(ours == expected, sourceLocation: sourceLocation)
    encoder.outputFormatting.insert(.prettyPrinted)
    let indented = String(decoding: try encoder.encode(value), as: UTF8.self)
    #expect(try Wire.json(value) == indented, sourceLocation: sourceLocation)
  }

  private func text(_ random: inout SeededGenerator) -> String {
    let letters =
      (0..<128).map { Character(UnicodeScalar(UInt8($0))) } + ["é", "漢", "😀", "\u{2028}"]
    var text = ""
    for _ in 0..<Int.random(in: 0..<12, using: &random) {
      text.append(letters.randomElement(using: &random) ?? "x")
    }
    return text
  }

  @Test("random values are written as JSONEncoder writes them", arguments: 0..<32 as Range<UInt64>)
  func random(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var table: [String: String] = [:]
    for _ in 0..<6 { table["k\(UInt8.random(in: 0...255, using: &random))"] = text(&random) }
    try expectSame(
      Everything(
        text: text(&random), none: seed % 2 == 0 ? nil : text(&random), flag: seed % 3 == 0,
        small: Int8.random(in: .min ... .max, using: &random),
        large: seed == 0 ? .min : Int64.random(in: .min ... .max, using: &random),
        huge: seed == 0 ? .max : UInt64.random(in: 0...UInt64.max, using: &random),
        list: [text(&random), text(&random)], empty: [], table: table,
        nested: [[], [1], [2, -3]],
        inner: Inner(zebra: 1, ant: [Inner(zebra: 2, ant: []), Inner(zebra: 0, ant: [])]),
        Upper: 0))
  }

  @Test("what the daemon answers is written as JSONEncoder writes it")
  func answers() throws {
    try expectSame(DeviceReport(devices: [Samples.device(.degraded, [Samples.failed])]))
    try expectSame(Samples.stats)
    try expectSame(Samples.explanation)
    try expectSame([String: String]())
    try expectSame(NoParams())
  }

  @Test("the text of --json is the same, made of a reply or of its values")
  func documents() throws {
    let odd = Samples.path(2, .fail, reason: #"a "b\{["#)
    let report = DeviceReport(devices: [Samples.device(.degraded, [Samples.failed, odd])])
    let line = Wire.reply(StatusMethod.self, id: 1, result: report).dropLast()
    let text = try #require(Wire.document(resultIn: Array(line)))
    #expect(String(decoding: text, as: UTF8.self) == (try Wire.document(report)))
    let none = Wire.reply(StatusMethod.self, id: 1, result: DeviceReport(devices: [])).dropLast()
    #expect(
      Wire.document(resultIn: Array(none)).map { String(decoding: $0, as: UTF8.self) }
        == (try Wire.document(DeviceReport(devices: []))))
  }

  @Test("a reply that is a refusal, cut off or no reply at all has no result")
  func noDocuments() throws {
    let refusal = Wire.refusal(id: 1, ControlError(.busy, #"no "result":{"a":1}"#))
    #expect(Wire.document(resultIn: Array(refusal.dropLast())) == nil)
    let report = DeviceReport(devices: [Samples.device(.degraded, [Samples.failed])])
    let line = Array(Wire.reply(StatusMethod.self, id: 1, result: report).dropLast())
    for length in 0..<line.count { #expect(Wire.document(resultIn: Array(line[..<length])) == nil) }
    for text in ["[1]", #""result""#, "{result}", #"{"a"}"#, #"{"a":"#, #"{"result":[1]}"#] {
      #expect(Wire.document(resultIn: Array(text.utf8)) == nil)
    }
  }
}
