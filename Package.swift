// swift-tools-version: 6.3
import PackageDescription

/// One list of settings for every Swift target, so that no module is checked less than another.
let strict: [SwiftSetting] = [
  .strictMemorySafety(),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

/// `MPATH_THREAD_SANITIZER=1` has ThreadSanitizer watch our own modules and not what we use: the compiler's own
/// `--sanitize=thread` makes invalid code of swift-collections (Swift 6.3.1).
let sanitizer = Context.environment["MPATH_THREAD_SANITIZER"] == "1" ? ["-sanitize=thread"] : []
let sanitized: [SwiftSetting] = sanitizer.isEmpty ? [] : [.unsafeFlags(sanitizer)]

/// `MPATH_WARNINGS_AS_ERRORS=1` is what CI sets; a developer's build stays lenient.
let settings: [SwiftSetting] =
  (Context.environment["MPATH_WARNINGS_AS_ERRORS"] == "1"
    ? strict + [.treatAllWarnings(as: .error)] : strict) + sanitized

let rigid: Target.Dependency = .product(name: "BasicContainers", package: "swift-collections")
let arguments: Target.Dependency = .product(
  name: "ArgumentParser", package: "swift-argument-parser")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")

func library(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func program(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .executableTarget(
    name: name, dependencies: dependencies, swiftSettings: settings,
    linkerSettings: sanitizer.isEmpty ? [] : [.unsafeFlags(sanitizer)])
}

func tests(
  _ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []
) -> Target {
  .testTarget(
    name: name, dependencies: dependencies, exclude: exclude, swiftSettings: settings)
}

let package = Package(
  name: "mpath",
  products: [
    .executable(name: "mpathd", targets: ["mpathd"]),
    .executable(name: "mpctl", targets: ["mpctl"]),
    .executable(name: "mpsim", targets: ["mpsim"]),
    .library(name: "Multipath", targets: ["Multipath"]),
    .library(name: "NBD", targets: ["NBD"]),
  ],
  traits: [
    // What a program that is linked statically (scripts/build static) cannot have in it.
    .trait(name: "TLS", description: "NBD over TLS, by GnuTLS."),
    .trait(name: "AllocationCount", description: "Calls of malloc are counted for mpctl stats."),
    .default(enabledTraits: ["TLS", "AllocationCount"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
  ],
  targets: [
    // Words, then pure machines, then the world, then programs: imports point upwards in this list.
    library("BlockIO"),
    library("Multipath", ["BlockIO", rigid]),
    library("NBD", ["BlockIO"]),
    library("Engine", ["BlockIO", "Multipath", "NBD", rigid]),
    .systemLibrary(
      name: "CLibnlGenl", pkgConfig: "libnl-genl-3.0", providers: [.apt(["libnl-genl-3-dev"])]),
    .target(
      name: "CLinux", dependencies: ["CLibnlGenl"],
      cSettings: [
        .define("MPATH_TLS", .when(traits: ["TLS"])),
        .define("MPATH_ALLOCATION_COUNT", .when(traits: ["AllocationCount"])),
      ] + (sanitizer.isEmpty ? [] : [.unsafeFlags(["-fsanitize=thread"])]),
      linkerSettings: [
        .linkedLibrary("uring"), .linkedLibrary("nl-genl-3"), .linkedLibrary("nl-3"),
        .linkedLibrary("gnutls", .when(traits: ["TLS"])),
      ]),
    library("Reactor", ["BlockIO", "Multipath", "NBD", "Engine", "CLinux", rigid]),
    library("Label"),
    library("Registry"),
    .target(name: "CArguments"),
    library("Control", ["BlockIO", "NBD", "CArguments"]),
    library(
      "Daemon",
      [
        "BlockIO", "Multipath", "NBD", "Engine", "Label", "Registry", "Reactor", "Control",
        "CLinux", logging,
      ]),
    library("Simulation", ["BlockIO", "Multipath", "NBD", "Engine", rigid]),
    program("mpathd", ["Daemon", "Control", arguments]),
    program("mpctl", ["Control", "BlockIO", arguments]),
    program("mpsim", ["Simulation", "Multipath", "BlockIO", arguments]),
    .executableTarget(
      name: "mpbench", dependencies: ["Multipath", "BlockIO", "CLinux", arguments],
      path: "Benchmarks/mpbench", swiftSettings: settings),

    tests("MultipathTests", ["Multipath", "BlockIO", rigid]),
    tests("NBDTests", ["NBD", "BlockIO"]),
    tests("EngineTests", ["Engine", "Multipath", "NBD", "BlockIO", rigid]),
    tests("LabelTests", ["Label"]),
    tests("RegistryTests", ["Registry"]),
    tests("ControlTests", ["Control", "mpctl"], exclude: ["Golden"]),
    tests("SimulationTests", ["Simulation", "Multipath", "BlockIO"]),
    tests(
      "IntegrationTests", ["Control", "Reactor", "Multipath", "NBD", "BlockIO", "CLinux"],
      exclude: ["Scripts"]),
  ],
  swiftLanguageModes: [.v6]
)
