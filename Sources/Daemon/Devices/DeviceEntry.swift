internal import BlockIO
internal import Control
internal import Multipath
internal import Reactor

/// A path as the control side knows it: its name, what it is, and the descriptor it lent to the reactor.
struct PathEntry {
  let id: UInt32
  /// Absolute, as the operator named it.
  let path: String
  var isHeld = false
  var settings = PathSettings()
  /// In service, as far as the reactor's events say.
  var isGood = true
  /// Negative while the path is lost.
  var descriptor: Int32 = -1
  var isBlockDevice = false
  var isDirect = true
  var needsWorker = false
  var identity: PathIdentity?
  /// Why it is foreign or lost, in words, when the reactor's own cause does not say it.
  var remark: String?
  /// Waits for the next try to open it.
  var isReopening = false
  var reopenWait = DaemonLimits.reopenFirst

  var name: String { PathOperand.shortName(of: path) }

  mutating func take(_ opened: OpenedPath) {
    descriptor = opened.descriptor
    isBlockDevice = opened.isBlockDevice
    isDirect = opened.isDirect
    needsWorker = opened.needsWorker
    identity = opened.identity
    remark = nil
    reopenWait = DaemonLimits.reopenFirst
  }

  private var access: PathAccess {
    guard descriptor >= 0 else { return .absent }
    return .file(
      descriptor: descriptor, needsWorker: needsWorker, isBlockDevice: isBlockDevice)
  }

  func setup(lost: FaultCause? = nil, isPreferred: Bool = false) -> PathSetup {
    PathSetup(
      id: id, access: access, lost: lost, isHeld: isHeld, isPreferred: isPreferred)
  }
}

/// A device as the control side knows it. The decisions are its reactor's.
final class DeviceEntry {
  let id: UInt32
  let name: DeviceName
  let geometry: Geometry
  var settings: DeviceSettings
  private let made: DeviceOptions
  let reactor: Int
  let socket: String
  /// Oldest first.
  var paths: [PathEntry]
  /// Changes of one device happen one after the other.
  var isChanging = false
  var changesWaiting: [() -> Void] = []
  var isBeingDestroyed = false
  /// Failback returns to it.
  var preferred: UInt32?
  /// Since when requests wait for a path.
  var queueingSince: Instant?
  /// Nil for a device that was made by hand.
  var label: DeviceLabel?

  init(
    id: UInt32, name: DeviceName, geometry: Geometry, settings: DeviceSettings,
    options: DeviceOptions, reactor: Int, socket: String, paths: [PathEntry], preferred: UInt32?,
    label: DeviceLabel? = nil
  ) {
    self.id = id
    self.name = name
    self.geometry = geometry
    self.settings = settings
    made = options
    self.reactor = reactor
    self.socket = socket
    self.paths = paths
    self.preferred = preferred
    self.label = label
  }

  var options: DeviceOptions {
    DeviceOptions(
      noPathTimeoutSeconds: settings.noPathTimeoutSeconds, io: made.io,
      allowDuplicate: made.allowDuplicate)
  }

  func index(ofPath id: UInt32) -> Int? { paths.firstIndex { $0.id == id } }

  /// A descriptor of another path that can be read for comparison: one in service, or -1 for none.
  func reference(besides id: UInt32) -> Int32 {
    paths.first { $0.id != id && $0.descriptor >= 0 && $0.isGood && !$0.isHeld }?.descriptor ?? -1
  }

  var specification: DeviceSpecification {
    var changes = settings.changes
    for path in paths { changes.merge(path.settings.changes(of: path.path)) { $1 } }
    return DeviceSpecification(
      name: name.text, mode: settings.mode, sizeBytes: medium.geometry.sizeBytes,
      blockBytes: geometry.blockBytes, options: options,
      paths: paths.map { DeviceSpecification.Path(path: $0.path, held: $0.isHeld) },
      settings: changes.isEmpty ? nil : changes,
      preferred: preferred.flatMap { index(ofPath: $0) }.map { paths[$0].path })
  }
}
