internal import BlockIO
internal import Control
internal import Logging
internal import Reactor

/// Block devices that are taken away, and come back under a name that udev gives them.
///
/// What was opened of a device that has gone answers EIO for ever, as a bad disk does, also once a device of
/// the same name is there again: only opened anew the path leads anywhere.
extension Supervisor {
  /// How long after a block device's arrival udev's links to it are looked for. Links come when udev has looked
  /// at the device, which it does not announce to us.
  private static let linkWaits = [Interval.milliseconds(200), .milliseconds(800), .seconds(3)]

  /// The device behind an open path is not there any more: the path is LOST, whatever it answers.
  func takenAway(_ path: UInt32, of device: DeviceEntry) {
    guard let index = device.index(ofPath: path), device.paths[index].isOpen else { return }
    device.paths[index].remark = "the block device was taken away"
    device.paths[index].reopenWait = DaemonLimits.reopenFirst
    log.warning(
      "the block device was taken away", metadata: metadata(device, device.paths[index].path))
    guard !device.paths[index].isForeign else {
      // The machine has no use for the news of a path that it will not use again by itself.
      device.paths[index].access = .absent
      return post(.reopenPath(device: device.id, device.paths[index].setup()), to: device)
    }
    post(.pathGone(device: device.id, path: path), to: device)
  }

  /// A block device has come: lost paths may lead to it by a link, and need not wait for their next turn.
  func lookForLinks() {
    guard !isLookingForLinks, owners.haveMissingLinks else { return }
    isLookingForLinks = true
    for wait in Self.linkWaits {
      timers.after(wait) { [self] in
        if wait == Self.linkWaits.last { isLookingForLinks = false }
        for device in owners.devicesMissingLinks where !device.isBeingDestroyed {
          for entry in device.paths where entry.mayBeMissingLink {
            reopen(entry.id, of: device) { _ in }
          }
        }
      }
    }
  }

  /// A path has come by its label. Mostly that is a disk which had another name before, and nothing else will ever come
  /// under that: without this the list would grow with every disk that is taken out and put in again.
  ///
  /// It is known by its label alone, so any path will do of which the kernel's name leads nowhere now and nothing was
  /// said by an operator. One that has a name which udev makes will come back under that.
  func removeReplaced(in device: DeviceEntry) {
    guard let gone = device.paths.first(where: { $0.isReplaceable && !$0.isLeaving }),
      let index = device.index(ofPath: gone.id)
    else { return }
    device.paths[index].isLeaving = true
    let done: Respond<RemoveMethod> = { [self] outcome in
      guard let index = device.index(ofPath: gone.id) else { return }
      device.paths[index].isLeaving = false
      guard case .failure(let error) = outcome else { return }
      log.warning(
        "a path that was replaced cannot be removed: \(error.message)",
        metadata: metadata(device, gone.path))
    }
    change(device.name.text, path: gone.path, done) { [self] device, index, finish in
      // Its name may lead somewhere again by now.
      guard let index, device.paths[index].isReplaceable, device.paths.count > 1 else {
        return finish(.success(Change()))
      }
      removeDrained(device.paths[index], of: device, finish)
    }
  }
}
