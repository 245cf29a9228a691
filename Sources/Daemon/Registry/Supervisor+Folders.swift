internal import CLinux
internal import Control
internal import Glibc
internal import Logging
internal import Reactor
internal import Registry

/// Files that come, go and grow: what the kernel's events are for disks, its file systems tell of folders.
extension Supervisor {
  private static let eventBytes = 64 << 10
  private static let eventsPerRead = 1024

  /// Watches the folders of candidates.
  func watchFolders() {
    for folder in taster.rule.folders { watch(folder) }
  }

  /// Watches the folder of a path that is a file, since somebody may change its size.
  func watch(folderOf entry: PathEntry) {
    guard entry.network == nil, !entry.isBlockDevice, let slash = entry.path.lastIndex(of: "/")
    else { return }
    watch(slash == entry.path.startIndex ? "/" : String(entry.path[..<slash]))
  }

  /// On a thread of its own, since the folder's file system may hang.
  private func watch(_ folder: String) {
    let descriptor = taster.folders
    guard descriptor >= 0, taster.wantedFolders.count < DaemonLimits.foldersMax,
      taster.wantedFolders.insert(folder).inserted
    else { return }
    let ticket = openTicket { [self] answer in
      guard case .labelled(.watching(let watch)) = answer, watch >= 0 else {
        log.debug("a folder cannot be watched", metadata: ["folder": "\(folder)"])
        return
      }
      taster.watched[watch] = folder
    }
    let inbox = inbox
    let isStarted = HelperThreads.start("mpath-watch") {
      let watch = unsafe mp_watch_add(descriptor, folder)
      inbox.post(.answer(ticket: ticket, .labelled(.watching(watch))))
    }
    if !isStarted { inbox.post(.answer(ticket: ticket, .labelled(.watching(-EAGAIN)))) }
  }

  func readFolders() {
    var buffer = [UInt8](repeating: 0, count: Self.eventBytes)
    var events = unsafe [mp_watch_event](repeating: mp_watch_event(), count: Self.eventsPerRead)
    while true {
      let count = unsafe buffer.withUnsafeMutableBytes { bytes -> Int32 in
        let count = unsafe mp_watch_next(
          taster.folders, bytes.baseAddress, UInt32(bytes.count), &events,
          UInt32(Self.eventsPerRead))
        if count > 0 { unsafe take(events[..<Int(count)]) }
        return count
      }
      if count == 0 { return }
      guard count > 0 else {
        log.warning("events of folders came too fast: looking at everything")
        return rescanEverything { _ in }
      }
    }
  }

  /// While the names still stand in the buffer.
  private func take(_ events: ArraySlice<mp_watch_event>) {
    for index in unsafe events.indices {
      let event = unsafe events[index]
      guard let folder = taster.watched[unsafe event.watch] else { continue }
      if unsafe event.has_ended {
        unsafe taster.watched.removeValue(forKey: event.watch)
        taster.wantedFolders.remove(folder)
        continue
      }
      guard let name = unsafe event.name, unsafe name.pointee != 0 else { continue }
      let path = (folder == "/" ? "" : folder) + "/" + (unsafe String(cString: name))
      if unsafe event.has_gone {
        // A file in service lives on without its name.
        taster.candidates.remove(path)
        continue
      }
      for device in owners.devices(named: path) { watchSize(of: device) }
      unsafe arrived(path, isNew: event.has_come)
    }
  }
}
