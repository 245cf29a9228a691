internal import BlockIO
internal import CLinux

/// One io_uring, owned by one thread. Every prepare method returns false when the submission queue is
/// full even after a submit; the caller keeps the work and tries again after reaping.
@safe struct Ring: ~Copyable {
  private let handle: OpaquePointer

  /// Throws the errno of io_uring_setup or of the file registration.
  init(entries: UInt32, files: UInt32) throws(RingError) {
    var created: OpaquePointer?
    let status = unsafe mp_ring_create(entries, files, &created)
    guard status == 0, let created = unsafe created else { throw RingError(errno: -status) }
    unsafe handle = created
  }

  deinit { unsafe mp_ring_destroy(handle) }

  /// -1 empties the place.
  func setFile(_ descriptor: Int32, at place: UInt32) -> Int32 {
    unsafe mp_ring_set_file(handle, place, descriptor)
  }

  /// Submits, then waits for a completion until `timeout` (nil: for ever).
  func enter(timeout: Interval?) -> Int32 {
    let nanoseconds = timeout.map { Int64(clamping: $0.nanoseconds) } ?? -1
    return unsafe mp_ring_enter(handle, nanoseconds)
  }

  func reap(into completions: UnsafeMutableBufferPointer<mp_completion>) -> Int {
    Int(unsafe mp_ring_reap(handle, completions.baseAddress, UInt32(completions.count)))
  }

  var enters: UInt64 { unsafe mp_ring_enters(handle) }

  func read(
    _ place: UInt32, _ buffer: UnsafeMutableRawPointer, _ range: ByteRange, worker: Bool,
    _ tag: CompletionTag
  ) -> Bool {
    unsafe mp_prepare_read(
      handle, place, buffer, UInt32(range.length), range.offset, worker, tag.rawValue) == 0
  }

  func write(
    _ place: UInt32, _ buffer: UnsafeRawPointer, _ range: ByteRange, durable: Bool, worker: Bool,
    _ tag: CompletionTag
  ) -> Bool {
    unsafe mp_prepare_write(
      handle, place, buffer, UInt32(range.length), range.offset, durable, worker, tag.rawValue)
      == 0
  }

  func flush(_ place: UInt32, worker: Bool, _ tag: CompletionTag) -> Bool {
    unsafe mp_prepare_flush(handle, place, worker, tag.rawValue) == 0
  }

  func zero(_ place: UInt32, _ range: ByteRange, keep: Bool, _ tag: CompletionTag) -> Bool {
    unsafe mp_prepare_zero(
      handle, place, range.offset, range.length, keep, tag.rawValue) == 0
  }

  func accept(_ descriptor: Int32, _ tag: CompletionTag) -> Bool {
    unsafe mp_prepare_accept(handle, descriptor, tag.rawValue) == 0
  }

  func receive(
    _ place: UInt32, _ buffer: UnsafeMutableRawBufferPointer, _ tag: CompletionTag
  ) -> Bool {
    unsafe mp_prepare_receive(
      handle, place, buffer.baseAddress, UInt32(buffer.count), tag.rawValue) == 0
  }

  func receive(
    _ place: UInt32, vectors: UnsafeMutablePointer<mp_vector>, count: Int, _ tag: CompletionTag
  ) -> Bool {
    unsafe mp_prepare_receive_vectors(
      handle, place, vectors, UInt32(count), tag.rawValue) == 0
  }

  func send(
    _ place: UInt32, header: UnsafeMutableRawPointer, vectors: UnsafeMutablePointer<mp_vector>,
    count: Int, _ tag: CompletionTag
  ) -> Bool {
    unsafe mp_prepare_send(
      handle, place, header, vectors, UInt32(count), tag.rawValue) == 0
  }

  func cancel(_ target: CompletionTag, _ tag: CompletionTag) -> Bool {
    unsafe mp_prepare_cancel(handle, target.rawValue, tag.rawValue) == 0
  }

  func event(
    _ descriptor: Int32, _ value: UnsafeMutablePointer<UInt64>, _ tag: CompletionTag
  ) -> Bool {
    unsafe mp_prepare_event(handle, descriptor, value, tag.rawValue) == 0
  }
}

/// io_uring could not be set up.
public struct RingError: Error, Sendable {
  public let errno: Int32

  /// One sentence for the operator, naming what forbids it and how to allow it.
  public var advice: String {
    switch errno {
    case Errno.eperm:
      "the kernel refuses io_uring (EPERM): set sysctl kernel.io_uring_disabled=0, or allow "
        + "io_uring_setup, io_uring_enter and io_uring_register in the container's seccomp profile"
    case 38:
      "this kernel has no io_uring (ENOSYS): a kernel of 5.19 or later with CONFIG_IO_URING is "
        + "needed, and a seccomp profile that does not hide it"
    case Errno.enomem:
      "no memory for io_uring (ENOMEM): raise the locked-memory limit (ulimit -l)"
    case 24:
      "too few descriptors allowed (EMFILE): raise the limit to 65536 (ulimit -Hn, LimitNOFILE=)"
    default:
      "io_uring could not be set up (errno \(errno)): a kernel of 5.19 or later is needed"
    }
  }
}
