import Control
import Testing

@Suite("Hostile bytes")
struct MutationTests {
  private static let pieces = [
    "{", "}", "[", "]", "\"", "\\", "\\u0000", "\\ud800", ":", ",", "null", "true", "-1", "1e999",
    "99999999999999999999999", "0.5", "\u{0}", "\u{feff}", "\n", "\"id\":", "\"params\":[]",
  ]

  /// Takes bytes as every reader of such bytes would.
  ///
  /// Returning at all is the test.
  private func decodeEverything(_ line: [UInt8]) {
    if let header = try? Wire.header(of: line) { _ = try? Methods.method(for: header) }
    for method in Methods.all { decode(line, method) }
    _ = try? StateFile.decode(line)
    if let params = try? Wire.params(of: CreateMethod.self, in: line) { _ = try? params.check() }
    if let event = try? StreamLine.decode(line).event {
      _ = EventText.line(event, Samples.context)
    }
  }

  private func decode<M: ControlMethod>(_ line: [UInt8], _ method: M.Type) {
    _ = try? Wire.params(of: method, in: line)
    _ = try? Wire.reply(to: method, in: line)
  }

  private func mutate(_ line: inout [UInt8], _ random: inout SeededGenerator) {
    guard !line.isEmpty else { return }
    let index = Int.random(in: 0..<line.count, using: &random)
    switch Int.random(in: 0..<5, using: &random) {
    case 0: line[index] = UInt8.random(in: 0...255, using: &random)
    case 1: line.remove(at: index)
    case 2: line.removeSubrange(index...)
    case 3: line.insert(contentsOf: line[index...].prefix(20), at: 0)
    case _:
      let piece = Self.pieces.randomElement(using: &random) ?? ""
      line.insert(contentsOf: Array(piece.utf8), at: index)
    }
  }

  @Test("no mutated message crashes a reader", arguments: 0..<16 as Range<UInt64>)
  func mutations(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let device = Samples.device(.degraded, [Samples.failed])
    let originals = [
      try Wire.request(
        CreateMethod.self, id: 1, params: CreateMethod.Params(name: "d", paths: ["/a", "/b"])),
      try Wire.request(FailMethod.self, id: 2, params: FailMethod.Params(name: "d", path: "a")),
      Wire.reply(StatusMethod.self, id: 3, result: DeviceReport(devices: [device])),
      Wire.reply(StatsMethod.self, id: 4, result: Samples.stats),
      try Wire.request(
        SetMethod.self, id: 6, params: SetMethod.Params(name: "d", settings: ["hedge": "5"])),
      Wire.reply(ExplainMethod.self, id: 7, result: Samples.explanation),
      try StreamLine(missed: 9).encoded(),
      Wire.refusal(id: 5, ControlError(.busy, "later", hint: "wait")),
      try StateFile.encode([
        DeviceSpecification(
          name: "d", mode: .activeRead, sizeBytes: 512, blockBytes: 512,
          options: DeviceOptions(), paths: [.init(path: "/a")],
          settings: ["hedge": "5", "priority./a": "3"], preferred: "/a")
      ]),
    ]
    for _ in 0..<60 {
      var line = originals.randomElement(using: &random) ?? []
      for _ in 0..<Int.random(in: 1...6, using: &random) { mutate(&line, &random) }
      decodeEverything(line)
    }
  }

  @Test(
    "nesting as deep as a line can hold does not exhaust the stack", arguments: ["[", "{\"a\":"])
  func deep(opening: String) {
    let count = Wire.requestLineBytesMax / opening.utf8.count
    let nest = String(repeating: opening, count: count)
    decodeEverything(bytes(nest))
    decodeEverything(bytes(#"{"id":1,"method":"list","version":1,"params":{"x":"# + nest))
  }
}
