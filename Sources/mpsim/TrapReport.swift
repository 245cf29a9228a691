import Glibc
import Synchronization

/// Names the seed that is being played when the program traps: a failed precondition says only where.
enum TrapReport {
  private static let seedsMax = 256
  /// Slots of threads, by their turn, and the seed that each one plays.
  private static let threads = Atomic<Int>(0)
  nonisolated(unsafe) private static let seeds = UnsafeMutablePointer<UInt64>.allocate(
    capacity: seedsMax)
  nonisolated(unsafe) private static let owners = UnsafeMutablePointer<pthread_t>.allocate(
    capacity: seedsMax)

  static func install() {
    // Both tables exist before a handler may look at them.
    unsafe seeds.initialize(repeating: 0, count: seedsMax)
    unsafe owners.initialize(repeating: 0, count: seedsMax)
    for number in [SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGABRT] {
      _ = signal(number) { number in TrapReport.report(number) }
    }
  }

  /// The calling thread plays `seed` from here on.
  static func enter(_ seed: UInt64) {
    let me = pthread_self()
    let known = min(threads.load(ordering: .relaxed), seedsMax)
    for slot in 0..<known where unsafe owners[slot] == me {
      unsafe seeds[slot] = seed
      return
    }
    let slot = threads.wrappingAdd(1, ordering: .relaxed).oldValue
    guard slot < seedsMax else { return }
    unsafe owners[slot] = me
    unsafe seeds[slot] = seed
  }

  /// Runs in a signal handler: nothing here allocates or locks.
  private static func report(_ number: Int32) {
    let me = pthread_self()
    let known = min(threads.load(ordering: .relaxed), seedsMax)
    for slot in 0..<known where unsafe owners[slot] == me {
      write("mpsim trapped: mpsim replay ")
      write(unsafe seeds[slot])
      write(" --verbose\n")
    }
    _ = signal(number, SIG_DFL)
    _ = raise(number)
  }

  private static func write(_ text: StaticString) {
    _ = unsafe Glibc.write(STDERR_FILENO, text.utf8Start, text.utf8CodeUnitCount)
  }

  private static func write(_ value: UInt64) {
    var divisor: UInt64 = 1
    while value / divisor >= 10 { divisor *= 10 }
    while divisor > 0 {
      var digit = UInt8(truncatingIfNeeded: value / divisor % 10) + 48
      _ = unsafe Glibc.write(STDERR_FILENO, &digit, 1)
      divisor /= 10
    }
  }
}
