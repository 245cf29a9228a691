internal import CLinux
internal import Control
internal import Glibc
internal import NBD

/// What the kernel's NBD client is asked, one thing at a time. It may block: only the worker calls it.
@safe struct KernelClient: ~Copyable {
  private let handle: OpaquePointer

  init() throws(KernelFailure) {
    var opened: OpaquePointer?
    let status = unsafe mp_nbd_open(&opened)
    guard status == 0, let opened = unsafe opened else {
      throw status == -ENOENT
        ? .moduleMissing : .system(errno: -status, doing: "asking for the kernel's NBD client")
    }
    unsafe handle = opened
  }

  deinit { unsafe mp_nbd_close(handle) }

  /// Everything the kernel is told beside the connection.
  struct Wish: Sendable {
    let export: String
    let attachment: KernelAttachment
    /// How long a request may be out before the kernel asks what has become of it. See `KernelDevice.tune`.
    let retryMilliseconds: UInt64
  }

  private static func withSetup(
    _ connections: [KernelConnection], _ wish: Wish, _ body: (inout mp_nbd_setup) -> Int32
  ) -> Int32 {
    let sockets = connections.map { $0.client }
    return unsafe sockets.withUnsafeBufferPointer { sockets in
      unsafe wish.attachment.identifier.withCString { identifier in
        var setup = unsafe mp_nbd_setup(
          sockets: sockets.baseAddress, socket_count: sockets.count, size_bytes: 0, block_bytes: 0,
          server_flags: 0, dead_seconds: wish.attachment.deadConnSeconds, identifier: identifier)
        return unsafe body(&setup)
      }
    }
  }

  /// Makes a kernel device of connections; its number. The connections' client ends are closed.
  func connect(
    _ connections: [KernelConnection], _ wish: Wish
  ) throws(KernelFailure) -> UInt32 {
    defer { for connection in connections { close(connection.client) } }
    var negotiated: NegotiatedExport?
    for connection in connections {
      negotiated = try KernelHandshake.run(connection.client, export: wish.export).get()
    }
    guard let export = negotiated else { throw .handshake("there is no connection") }
    let block = max(512, export.minimumBlockBytes)
    guard Int(block) <= sysconf(Int32(_SC_PAGESIZE)) else { throw .blockSize(block) }
    let number = try choose(wish.attachment.number) { number in
      unsafe Self.withSetup(connections, wish) { setup in
        unsafe setup.size_bytes = export.sizeBytes
        unsafe setup.block_bytes = block
        unsafe setup.server_flags = UInt64(export.flags.rawValue)
        return unsafe mp_nbd_connect(handle, &setup, &number)
      }
    }
    KernelDevice(number).tune(retryMilliseconds: wish.retryMilliseconds)
    return number
  }

  /// Tries the wished device, or those that are free one after the other, and in the end lets the kernel
  /// make another.
  private func choose(
    _ wished: UInt32?, _ connect: (inout UInt32) -> Int32
  ) throws(KernelFailure) -> UInt32 {
    if var number = wished {
      let device = KernelDevice(number)
      guard device.isFree else { throw .taken(number) }
      let status = connect(&number)
      if status < 0 {
        throw KernelFailure(errno: -status, doing: "attaching \(device.name.path)", number: number)
      }
      return number
    }
    for device in KernelDevice.all() where device.isFree {
      var number = device.name.number
      let status = connect(&number)
      if status == 0 { return number }
      if status != -EBUSY {
        throw KernelFailure(errno: -status, doing: "attaching \(device.name.path)", number: nil)
      }
    }
    var number = UInt32.max
    let status = connect(&number)
    if status < 0 {
      throw KernelFailure(errno: -status, doing: "attaching to a new NBD device", number: nil)
    }
    return number
  }

  /// Gives a kernel device that has lost a connection another. The client end is closed.
  func reconnect(
    _ number: UInt32, _ connection: KernelConnection, _ wish: Wish
  ) throws(KernelFailure) {
    guard KernelDevice(number).backend == wish.attachment.identifier else {
      close(connection.client)
      throw .gone
    }
    let status: Int32
    do throws(KernelFailure) {
      _ = try KernelHandshake.run(connection.client, export: wish.export).get()
    } catch {
      close(connection.client)
      throw error
    }
    status = unsafe Self.withSetup([connection], wish) { setup in
      unsafe mp_nbd_reconfigure(handle, number, &setup)
    }
    close(connection.client)
    // ENOSPC is what the kernel says when it has no dead connection to replace.
    if status == -ENOSPC { throw .oldConnectionAlive(number) }
    // It has been disconnected, and is there only for those that still have it open, who get errors.
    if status == -EINVAL { throw .gone }
    if status < 0 {
      throw KernelFailure(
        errno: -status, doing: "reconnecting \(KernelDeviceName(number: number).path)",
        number: number)
    }
    // Other versions say nothing and drop the new one.
    if mp_has_hung_up(connection.watch) { throw .oldConnectionAlive(number) }
  }

  /// Tells the kernel another size. Its connection must be up: newer kernels let what is under way end
  /// first, holding what a reconnection would need.
  func resize(
    _ number: UInt32, _ identifier: String, _ sizeBytes: UInt64
  ) throws(KernelFailure) {
    let device = KernelDevice(number)
    guard device.backend == identifier else { throw .gone }
    guard device.sizeBytes != sizeBytes else { return }
    let status = unsafe identifier.withCString {
      unsafe mp_nbd_resize(handle, number, sizeBytes, $0)
    }
    if status < 0 {
      throw KernelFailure(errno: -status, doing: "resizing \(device.name.path)", number: number)
    }
  }

  /// Ends a kernel device. Unless forced, only when nobody uses it, and not before everything is written.
  func disconnect(_ number: UInt32, force: Bool) throws(KernelFailure) {
    let device = KernelDevice(number)
    guard device.isConnected else { throw .gone }
    let claim = force ? -1 : try claimed(device)
    defer { if claim >= 0 { close(claim) } }
    let status = unsafe mp_nbd_disconnect(handle, number)
    if status < 0 {
      throw KernelFailure(
        errno: -status, doing: "detaching \(device.name.path)", number: number)
    }
  }

  /// Holds the device exclusively, so that nobody mounts it meanwhile, with all its pages written.
  private func claimed(_ device: KernelDevice) throws(KernelFailure) -> Int32 {
    let number = device.name.number
    let (mounts, holders) = (device.mounts, device.holders)
    guard mounts.isEmpty, holders.isEmpty else {
      throw .inUse(number, mounts: mounts, holders: holders)
    }
    let claim = unsafe open(device.name.path, O_RDWR | O_EXCL | O_CLOEXEC)
    guard claim >= 0 else {
      if errno == EBUSY { throw .inUse(number, mounts: [], holders: []) }
      throw .system(errno: errno, doing: "opening \(device.name.path)")
    }
    if fsync(claim) < 0 {
      let error = errno
      close(claim)
      throw .system(errno: error, doing: "writing what \(device.name.path) still had")
    }
    return claim
  }

  /// Waits, for a bounded time, until the slot can be used again; then udev looks at it.
  static func settle(_ number: UInt32) {
    let device = KernelDevice(number)
    for _ in 0..<200 where !device.isFree { usleep(10_000) }
    device.announce()
  }
}
