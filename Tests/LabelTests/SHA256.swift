/// SHA-256 (FIPS 180-4), so that the golden labels can be named by their hashes without a dependency.
enum SHA256 {
  static func hex(_ message: [UInt8]) -> String {
    var state: [UInt32] = primes.prefix(8).map { fraction(of: Double($0).squareRoot()) }
    var padded = message + [0x80]
    while padded.count % 64 != 56 { padded.append(0) }
    let bits = UInt64(message.count) * 8
    padded += (0..<8).reversed().map { UInt8(truncatingIfNeeded: bits >> (UInt64($0) * 8)) }
    for start in stride(from: 0, to: padded.count, by: 64) {
      mix(Array(padded[start..<start + 64]), into: &state)
    }
    return state.map { word in
      let text = String(word, radix: 16)
      return String(repeating: "0", count: 8 - text.count) + text
    }.joined()
  }

  private static let primes: [Int] = {
    var found: [Int] = []
    var candidate = 2
    while found.count < 64 {
      if found.allSatisfy({ candidate % $0 != 0 }) { found.append(candidate) }
      candidate += 1
    }
    return found
  }()

  /// The first 32 bits behind the point of the cube roots of the primes.
  private static let constants: [UInt32] = primes.map { prime in
    fraction(of: cubeRoot(Double(prime)))
  }

  private static func fraction(of number: Double) -> UInt32 {
    UInt32((number - number.rounded(.down)) * 4_294_967_296)
  }

  private static func cubeRoot(_ number: Double) -> Double {
    var root = number
    for _ in 0..<100 { root = (2 * root + number / (root * root)) / 3 }
    return root
  }

  private static func mix(_ block: [UInt8], into state: inout [UInt32]) {
    var words = (0..<16).map { index in
      block[index * 4..<index * 4 + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    }
    for index in 16..<64 {
      let early = words[index - 15]
      let late = words[index - 2]
      let first = turn(early, 7) ^ turn(early, 18) ^ (early >> 3)
      let second = turn(late, 17) ^ turn(late, 19) ^ (late >> 10)
      words.append(words[index - 16] &+ first &+ words[index - 7] &+ second)
    }
    var work = state
    for index in 0..<64 {
      let first = turn(work[4], 6) ^ turn(work[4], 11) ^ turn(work[4], 25)
      let choice = (work[4] & work[5]) ^ (~work[4] & work[6])
      let left = work[7] &+ first &+ choice &+ constants[index] &+ words[index]
      let second = turn(work[0], 2) ^ turn(work[0], 13) ^ turn(work[0], 22)
      let majority = (work[0] & work[1]) ^ (work[0] & work[2]) ^ (work[1] & work[2])
      work = [left &+ second &+ majority] + work[0..<3] + [work[3] &+ left] + work[4..<7]
    }
    for index in 0..<8 { state[index] &+= work[index] }
  }

  private static func turn(_ word: UInt32, _ bits: UInt32) -> UInt32 {
    word >> bits | word << (32 - bits)
  }
}
