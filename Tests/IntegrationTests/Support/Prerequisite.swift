internal import Testing

/// Something about the machine that a test cannot do without.
struct Prerequisite: Sendable {
  /// What is missing here, as a reason to skip; nil when nothing is.
  let problem: @Sendable () -> String?

  static let root = Prerequisite {
    HostEnvironment.isRoot ? nil : "not run as root"
  }

  static let loopDevices = Prerequisite {
    guard HostEnvironment.isRoot else { return "loop devices need root" }
    return Files.canWrite("/dev/loop-control") ? nil : "no /dev/loop-control"
  }

  static let fuse = Prerequisite {
    guard Files.canWrite("/dev/fuse") else { return "no usable /dev/fuse" }
    return missing(["nbdkit", "nbdfuse", "fusermount3"])
  }

  static let nbdkit = Prerequisite { missing(["nbdkit"]) }

  static let nbdServer = Prerequisite { missing(["nbd-server"]) }

  static let libnbd = Prerequisite { missing(["nbdinfo", "nbdcopy"]) }

  /// libnbd for Debian's own Python, which another one earlier in PATH does not see.
  static let libnbdPython = Prerequisite {
    Files.exists("/usr/lib/python3/dist-packages/nbd.py") ? nil : "no python3-libnbd"
  }

  static let python = Prerequisite {
    Files.canExecute(Lab.python) ? nil : "no \(Lab.python)"
  }

  /// In a debug build, generic code allocates that is specialised away in a release build.
  static let releasePrograms = Prerequisite {
    HostEnvironment.programDirectory.contains("/release")
      ? nil : "the programs are a debug build; MPATH_PROGRAMS names the directory of another"
  }

  /// What early boot would have.
  static let staticPrograms = Prerequisite {
    Files.canExecute(HostEnvironment.staticProgramDirectory + "/mpathd")
      ? nil : "MPATH_STATIC_PROGRAMS does not say where scripts/build static has put the programs"
  }

  static let qemu = Prerequisite { missing(["qemu-io", "qemu-img", "qemu-nbd"]) }

  static let tls = Prerequisite { missing(["certtool", "psktool"]) }

  static let nbdClient = Prerequisite { missing(["nbd-client"]) }

  static let fio = Prerequisite { missing(["fio"]) }

  static let partitioner = Prerequisite { missing(["sfdisk"]) }

  static let ext4 = Prerequisite { missing(["mkfs.ext4"]) }

  static let strace = Prerequisite { missing(["strace"]) }

  static let unshare = Prerequisite { missing(["unshare"]) }

  /// Programs that make what a label must not take the last sector of.
  static let formats = Prerequisite {
    missing([
      "mkswap", "mkfs.vfat", "mkfs.exfat", "mkfs.f2fs", "mkfs.ntfs", "mkfs.btrfs", "mkfs.xfs",
      "mkfs.nilfs2", "cryptsetup", "make-bcache", "pvcreate",
    ])
  }

  /// A test can say what udev would know of a disk, and nobody contradicts.
  static let noUdev = Prerequisite {
    Files.exists("/run/udev/control") ? "udevd runs, and its database is not the test's" : nil
  }

  static let setpriv = Prerequisite { missing(["setpriv"]) }

  private static func missing(_ programs: [String]) -> String? {
    let absent = programs.filter { !HostEnvironment.hasProgram($0) }
    return absent.isEmpty ? nil : "no " + absent.joined(separator: ", ")
  }
}

extension Trait where Self == ConditionTrait {
  /// Skips a test, with the reason, on a machine that lacks something.
  ///
  /// With REQUIRE_ALL=1 it fails instead: where everything is meant to be there, a skipped test is
  /// one that nobody notices is gone.
  static func needs(_ prerequisites: Prerequisite...) -> Self {
    let reason = prerequisites.compactMap { $0.problem() }.joined(separator: "; ")
    return .enabled("\(reason)") {
      if !reason.isEmpty, HostEnvironment.variable("REQUIRE_ALL") == "1" {
        throw LabError("REQUIRE_ALL=1, and this machine has a lack: \(reason)")
      }
      return reason.isEmpty
    }
  }
}
