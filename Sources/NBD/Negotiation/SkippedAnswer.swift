/// The answers that need nothing of the option's data.
enum SkippedAnswer {
  case refuse(OptionRefusal)
  case listExports
  case acknowledgeAbort
  case startTLS
  case useReplies(ReplyStyle)
}
