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

  public init() {
    unsafe lock = .allocate(capacity: 1)
    unsafe lock.initialize(to: pthread_mutex_t())
    unsafe pthread_mutex_init(lock, nil)
    eventDescriptor = mp_event_create()
    precondition(eventDescriptor >= 0, "no descriptor left for a mailbox")
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

  /// Everything posted so far, oldest first.
  public func takeAll() -> [Message] {
    unsafe pthread_mutex_lock(lock)
    var taken: [Message] = []
    swap(&taken, &messages)
    unsafe pthread_mutex_unlock(lock)
    return taken
  }
}
