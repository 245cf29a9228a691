internal import ArgumentParser
internal import Control

/// What `create` and `label` have in common: how the new device begins.
struct NewDeviceOptions: ParsableArguments {
  @Flag(name: .customShort("A"), help: "Active/active: use all paths for everything.")
  var activeActive = false

  @Flag(
    name: .customShort("R"),
    help: "Active/read: read through all paths, write through one.")
  var activeRead = false

  @Option(
    name: .long,
    help: ArgumentHelp(
      "How long requests wait for a usable path before they fail; 0 fails them at once.",
      valueName: "seconds"))
  var noPathTimeout = DeviceOptions.noPathTimeoutSecondsDefault

  @Flag(name: .long, help: "Use the page cache for paths that are regular files.")
  var buffered = false

  @Flag(
    name: .long,
    help: "Accept one medium under several names. It adds no safety.")
  var allowDuplicate = false

  var mode: DeviceMode { DeviceMode(activeActive: activeActive, activeRead: activeRead) }

  var options: DeviceOptions {
    DeviceOptions(
      noPathTimeoutSeconds: noPathTimeout, io: buffered ? .buffered : .direct,
      allowDuplicate: allowDuplicate)
  }
}
