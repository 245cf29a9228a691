import Glibc
import Synchronization

/// A few threads that run one piece of work and are waited for.
enum WorkerThreads {
  private final class Body: Sendable {
    let work: @Sendable () -> Void
    let isOver = Atomic<Bool>(false)

    init(_ work: @escaping @Sendable () -> Void) { self.work = work }
  }

  /// Meanwhile the calling thread does `beside`, which can ask whether all have ended.
  static func run(
    count: Int, beside: (_ isOver: () -> Bool) -> Void, _ work: @escaping @Sendable () -> Void
  ) {
    var threads: [pthread_t] = []
    var bodies: [Body] = []
    for _ in 0..<count {
      var thread = pthread_t()
      let body = Body(work)
      bodies.append(body)
      let argument = unsafe Unmanaged.passRetained(body).toOpaque()
      let status = unsafe pthread_create(
        &thread, nil,
        { argument in
          guard let argument = unsafe argument else { return nil }
          let body = unsafe Unmanaged<Body>.fromOpaque(argument).takeRetainedValue()
          body.work()
          body.isOver.store(true, ordering: .relaxed)
          return nil
        }, argument)
      precondition(status == 0, "a thread could not be started")
      threads.append(thread)
    }
    beside { bodies.allSatisfy { $0.isOver.load(ordering: .relaxed) } }
    for thread in threads { _ = pthread_join(thread, nil) }
  }
}
