internal import CLinux
internal import Glibc

/// A plain thread. What it works on is created inside `body`, so that the compiler rejects sharing it.
public enum Thread {
  private final class Start {
    let name: String
    let body: @Sendable () -> Void
    init(name: String, body: @escaping @Sendable () -> Void) {
      self.name = name
      self.body = body
    }
  }

  /// Starts a detached thread. Returns false when the system has no room for one.
  ///
  /// - Parameter name: at most 15 bytes, as it shows in /proc.
  public static func start(_ name: String, _ body: @escaping @Sendable () -> Void) -> Bool {
    var thread = pthread_t()
    var attributes = pthread_attr_t()
    unsafe pthread_attr_init(&attributes)
    unsafe pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    defer { unsafe pthread_attr_destroy(&attributes) }
    let start = unsafe Unmanaged.passRetained(Start(name: name, body: body))
    let status = unsafe pthread_create(
      &thread, &attributes,
      { argument in
        guard let argument = unsafe argument else { return nil }
        let start = unsafe Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
        unsafe mp_thread_name(start.name)
        start.body()
        return nil
      }, start.toOpaque())
    if status != 0 { unsafe start.release() }
    return status == 0
  }
}
