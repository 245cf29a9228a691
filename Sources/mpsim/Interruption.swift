import Glibc
import Synchronization

/// The first SIGINT or SIGTERM ends a run in order, with what was played; the second ends the program.
enum Interruption {
  private static let flag = Atomic<Bool>(false)

  static var isWanted: Bool { flag.load(ordering: .relaxed) }

  static func install() {
    for number in [SIGINT, SIGTERM] {
      _ = signal(number) { number in
        Interruption.flag.store(true, ordering: .relaxed)
        _ = signal(number, SIG_DFL)
      }
    }
  }
}
