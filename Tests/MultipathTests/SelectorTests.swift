import BlockIO
import Testing

@testable import Multipath

/// What every selector owes, whatever its taste.
@Suite struct SelectorTests {
  private static let names = SelectorKind.all.map(\.name)

  private func selector(_ name: String) throws -> SelectorKind {
    try #require(SelectorKind.all.first { $0.name == name })
  }

  @Test func `names are unique, and every mode has its selector`() {
    #expect(Set(Self.names).count == Self.names.count)
    for mode in Mode.allCases {
      #expect(Self.names.contains(SelectorKind.kind(for: mode).name))
      #expect(Mode(word: mode.word) == mode)
    }
  }

  @Test(arguments: names)
  func `the choice is one of the candidates`(name: String) throws {
    let selector = try selector(name)
    var table = PathTable(capacity: 5)
    for _ in 0..<5 { _ = table.occupy(at: .zero) }
    for bits in UInt64(1)..<32 {
      for operation in BlockIO.Operation.allCases {
        for active in [nil, PathIndex(0), PathIndex(3)] {
          let candidates = PathSet(bits: bits)
          let choice = selector.choose(
            &table,
            SelectorQuestion(operation: operation, candidates: candidates, active: active))
          #expect(candidates.contains(choice))
        }
      }
    }
  }

  @Test(arguments: names)
  func `the same questions get the same answers`(name: String) throws {
    let selector = try selector(name)
    func answers() -> [UInt8] {
      var table = PathTable(capacity: 4)
      for _ in 0..<4 { _ = table.occupy(at: .zero) }
      return (UInt64(0)..<64).map { step in
        let candidates = PathSet(bits: step % 15 + 1)
        let operation: BlockIO.Operation = step % 3 == 0 ? .write : .read
        let question = SelectorQuestion(
          operation: operation, candidates: candidates, active: PathIndex(1))
        return selector.choose(&table, question).rawValue
      }
    }
    #expect(answers() == answers())
  }

  @Test(arguments: names)
  func `a selector that stays on the active path chooses it`(name: String) throws {
    let selector = try selector(name)
    var table = PathTable(capacity: 3)
    for _ in 0..<3 { _ = table.occupy(at: .zero) }
    for operation in BlockIO.Operation.allCases where selector.staysOnActive(operation) {
      let choice = selector.choose(
        &table,
        SelectorQuestion(operation: operation, candidates: table.usable, active: PathIndex(1)))
      #expect(choice == PathIndex(1))
    }
  }
}
