internal import CLinux
internal import Glibc

/// Carries values from one thread to another: the only thing in the program that two threads touch.
///
/// Posting is a short critical section and, when the box was empty, one write to an eventfd. The owner
/// waits on `eventDescriptor` in whatever way it waits for everything else. The lock is a pthread mutex
/// because `Synchronization.Mutex` gives false ThreadSanitizer reports on Linux with Swift 6.3.
@safe public final class Mailbox<Message: Sendable>: @unchecked Sendable {
  private let lock: UnsafeMutablePointer<pthread_mutex_t>
  private var messages: [Message] = []
  /// Becomes readable when the first message arrives in an empty box.
  public let eventDescriptor: Int32

  public convenience init() {
    let descriptor = mp_event_create()
    precondition(descriptor >= 0, "no descriptor left for a mailbox")
    self.init(descriptor)
  }

  private init(_ eventDescriptor: Int32) {
    unsafe lock = .allocate(capacity: 1)
    unsafe lock.initialize(to: pthread_mutex_t())
    unsafe pthread_mutex_init(lock, nil)
    self.eventDescriptor = eventDescriptor
  }

  /// For somebody who can do without one; nil when there is no descriptor left.
  static func ifPossible() -> Mailbox? {
    let descriptor = mp_event_create()
    return descriptor < 0 ? nil : Mailbox(descriptor)
  }

  deinit {
    close(eventDescriptor)
    unsafe pthread_mutex_destroy(lock)
    unsafe lock.deallocate()
  }

  public func post(_ message: Message) {
    unsafe pthread_mutex_lock(lock)
    let wasEmpty = messages.isEmpty
    messages.append(message)
    unsafe pthread_mutex_unlock(lock)
    if wasEmpty { _ = mp_event_signal(eventDescriptor) }
  }

  var count: Int {
    unsafe pthread_mutex_lock(lock)
    defer { unsafe pthread_mutex_unlock(lock) }
    return messages.count
  }

  /// The newest message of those that fit, which is in the box no longer.
  func takeNewest(where fits: (Message) -> Bool = { _ in true }) -> Message? {
    unsafe pthread_mutex_lock(lock)
    defer { unsafe pthread_mutex_unlock(lock) }
    return messages.lastIndex(where: fits).map { messages.remove(at: $0) }
  }

  /// Everything posted so far, oldest first.
  public func takeAll() -> [Message] {
    unsafe pthread_mutex_lock(lock)
    var taken: [Message] = []
    swap(&taken, &messages)
    unsafe pthread_mutex_unlock(lock)
    return taken
  }
}
