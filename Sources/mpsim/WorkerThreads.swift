import Glibc

/// A few threads that run one piece of work and are waited for.
enum WorkerThreads {
  private final class Body: Sendable {
    let work: @Sendable () -> Void

    init(_ work: @escaping @Sendable () -> Void) { self.work = work }
  }

  static func run(count: Int, _ work: @escaping @Sendable () -> Void) {
    var threads: [pthread_t] = []
    for _ in 0..<count {
      var thread = pthread_t()
      let body = unsafe Unmanaged.passRetained(Body(work)).toOpaque()
      let status = unsafe pthread_create(
        &thread, nil,
        { argument in
          guard let argument = unsafe argument else { return nil }
          unsafe Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().work()
          return nil
        }, body)
      precondition(status == 0, "a thread could not be started")
      threads.append(thread)
    }
    for thread in threads { _ = pthread_join(thread, nil) }
  }
}
