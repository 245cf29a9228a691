internal import BlockIO
internal import CLinux
internal import Glibc
internal import Reactor

/// A path that could be opened: its descriptor and what it is.
struct OpenedPath: Sendable {
  let descriptor: Int32
  let isBlockDevice: Bool
  let isDirect: Bool
  let needsWorker: Bool
  let sizeBytes: UInt64
  let blockBytes: UInt32
  let identity: PathIdentity
}

/// What tells one medium's entry in the system from another: the device number of a block device, file
/// system and inode of a file. Two names with one identity are one path.
struct PathIdentity: Hashable, Sendable {
  let isBlockDevice: Bool
  let device: UInt64
  let inode: UInt64
}

/// A path that could not.
struct OpenFailure: Error, Sendable {
  /// Positive; ETIMEDOUT when it did not answer in time.
  let errno: Int32
  let isOtherKind: Bool
  /// Known when the name exists.
  let identity: PathIdentity?
}

/// Opens and closes paths on threads of their own, since either may block for as long as a sick medium
/// does, and one path's trouble must not delay another's.
enum PathOpener {
  /// - Parameter busyTries: How often a path that somebody holds is tried, 10 ms apart. What a killed daemon held
  ///   comes free a moment after the daemon.
  static func open(
    _ name: String, buffered: Bool, busyTries: Int = 1,
    _ deliver: @escaping @Sendable (Result<OpenedPath, OpenFailure>) -> Void
  ) {
    let isStarted = Thread.start("mpath-open") {
      var result = openNow(name, buffered: buffered)
      for _ in 1..<busyTries {
        guard case .failure(let failure) = result, failure.errno == EBUSY else { break }
        usleep(10_000)
        result = openNow(name, buffered: buffered)
      }
      deliver(result)
    }
    if !isStarted {
      deliver(.failure(OpenFailure(errno: EAGAIN, isOtherKind: false, identity: nil)))
    }
  }

  private static func openNow(
    _ name: String, buffered: Bool
  ) -> Result<OpenedPath, OpenFailure> {
    var path = mp_path()
    let status = unsafe mp_path_open(name, buffered, &path)
    let isBlock = path.kind == MP_KIND_BLOCK
    let identity = PathIdentity(isBlockDevice: isBlock, device: path.device, inode: path.inode)
    guard status == 0 else {
      let isOtherKind = status == Int32(MP_ERROR_KIND)
      return .failure(
        OpenFailure(
          errno: isOtherKind ? EINVAL : -status, isOtherKind: isOtherKind,
          identity: path.kind.rawValue == 0 ? nil : identity))
    }
    return .success(
      OpenedPath(
        descriptor: path.fd, isBlockDevice: isBlock, isDirect: path.direct,
        needsWorker: path.needs_worker, sizeBytes: path.size_bytes, blockBytes: path.block_bytes,
        identity: identity))
  }

  /// Closing may block as well.
  static func close(_ descriptor: Int32) {
    guard descriptor >= 0 else { return }
    if !Thread.start("mpath-close", { _ = Glibc.close(descriptor) }) { _ = Glibc.close(descriptor) }
  }
}
