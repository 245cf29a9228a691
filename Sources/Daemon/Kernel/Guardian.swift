internal import BlockIO
internal import CLinux
package import Control
internal import Glibc
internal import Reactor

/// The process that takes kernel devices from the kernel when no daemon comes back for them in time.
///
/// The kernel gives up a device without a connection only when it has something to send to it. When all that
/// it may have under way had reached the daemon before that was killed, it waits for ever, and so does
/// whoever waits for it, unkillable. A timeout of the kernel's own would end that, and would end the living
/// connections of slow devices too.
///
/// The devices are told on standard input, whose end is the end of the daemon. From then on each may stay for its
/// dead-connection time, not counting what a daemon runs meanwhile. Whatever is done then is done under the
/// daemons' lock, so that it cannot meet a daemon that has just begun to connect the device again.
package struct Guardian: ~Copyable {
  private static let name = "mpath-guardian"
  /// How often it looks, once the daemon has gone.
  private static let pace = Interval.milliseconds(200)

  private let directory: RunDirectory
  private let client: KernelClient
  private var list = GuardedList()
  private var devices: [GuardedDevice] = []
  private var aloneSince = ReactorThread.clock()

  /// The arguments with which this program becomes a guardian.
  static func arguments(_ directory: RunDirectory) -> [String] {
    ["mpathd", "--run-dir", directory.path, "--guard"]
  }

  /// Guards until nothing is left to guard, or another guardian has the devices.
  package static func run(_ directory: RunDirectory) throws(ControlError) {
    unsafe mp_guardian_settle(name)
    let client: KernelClient
    do throws(KernelFailure) {
      client = try KernelClient()
    } catch {
      throw error.error(device: "any device")
    }
    var guardian = Guardian(directory, client)
    // What it will need later is in memory now, and stays: later, memory may be had by writing to a device
    // that it guards, and by nothing else.
    _ = guardian.remaining()
    _ = mp_lock_memory(true)
    guardian.listen()
    guardian.watch()
  }

  private init(_ directory: RunDirectory, _ client: consuming KernelClient) {
    self.directory = directory
    self.client = client
  }

  /// Takes the daemon's words until it ends.
  private mutating func listen() {
    var chunk = [UInt8](repeating: 0, count: 4096)
    while true {
      let got = unsafe chunk.withUnsafeMutableBytes { buffer in
        unsafe read(STDIN_FILENO, buffer.baseAddress, buffer.count)
      }
      if got < 0, errno == EINTR { continue }
      guard got > 0 else { return }
      list.take(chunk[..<got])
      guard let told = list.devices else { continue }
      devices = told
      succeed()
    }
  }

  private mutating func watch() {
    aloneSince = ReactorThread.clock()
    while !devices.isEmpty, isInCharge {
      let remaining = remaining()
      devices = remaining.map { $0.device }
      act(on: remaining)
      if !devices.isEmpty { usleep(UInt32(Self.pace.milliseconds * 1000)) }
    }
    if isInCharge { unsafe _ = unlink(chargeFile) }
  }

  private typealias Guarded = (device: GuardedDevice, number: UInt32)

  /// Those that the kernel still has.
  private func remaining() -> [Guarded] {
    let all = KernelDevice.all(backendPrefix: KernelAttachment.prefix).filter { $0.isConnected }
    return devices.compactMap { device in
      all.first { $0.backend == device.identifier }.map { (device, $0.name.number) }
    }
  }

  /// Disconnects what has waited for long enough, unless there is a daemon.
  private mutating func act(on remaining: [Guarded]) {
    switch RunLock.holder(in: directory) {
    case .running: aloneSince = ReactorThread.clock()
    case .noLock, .ending: disconnect(remaining)
    case .nobody(let lock):
      disconnect(remaining)
      close(lock)
    }
  }

  private mutating func disconnect(_ remaining: [Guarded]) {
    let alone = ReactorThread.clock() - aloneSince
    for (device, number) in remaining where alone >= .seconds(device.deadConnSeconds) {
      let path = KernelDeviceName(number: number).path
      do throws(KernelFailure) {
        try client.disconnect(number, force: true)
        devices.removeAll { $0 == device }
        say("no mpathd came back for \(path) in \(device.deadConnSeconds) s: it is disconnected")
      } catch {
        // Tried again at the next look.
        say("\(path) cannot be disconnected: \(error.error(device: path).message)")
      }
    }
  }

  // MARK: One guardian after the other

  /// Holds the number of the guardian that has been told of the devices last.
  private var chargeFile: String { directory.path + "/guardian.pid" }

  private func succeed() {
    let bytes = Array("\(getpid())\n".utf8)
    let status = unsafe bytes.withUnsafeBytes { buffer in
      unsafe mp_write_file(chargeFile, buffer.baseAddress, buffer.count)
    }
    if status < 0 { say("\(chargeFile) cannot be written: \(ErrnoText.sentence(-status))") }
  }

  private var isInCharge: Bool {
    guard let pid = SystemFile.text(chargeFile).flatMap({ Int32($0) }) else { return true }
    return pid == getpid()
  }

  private func say(_ sentence: String) {
    let bytes = Array("mpathd guardian: \(sentence)\n".utf8)
    _ = unsafe bytes.withUnsafeBytes { unsafe write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }
}
