internal import BasicContainers
package import BlockIO

/// What a test may see and break that no production caller can reach. The simulator's checkers are
/// checked with it: a machine that forgets must be found out.
extension MultipathMachine {
  /// The request an outstanding attempt belongs to.
  package func request(of token: Token) -> UInt32 {
    precondition(token.kind == TokenKind.attempt)
    return attempts[Int(token.slot)].request
  }

  /// Makes every request forget which paths it has tried.
  package mutating func forgetTriedPaths() {
    for slot in 0..<requests.count { requests[slot].tried = PathSet() }
  }

  /// Makes every path forget what it has to flush.
  package mutating func forgetUnflushedWrites() {
    for position in 0..<table.orderedCount {
      let path = table.ordered(position)
      table[path].cleanEpoch = max(table[path].cleanEpoch, table[path].dirtyEpoch)
    }
    owesFlushError = false
  }
}
