// What an operator is told where the journal is not what the writer of the log left.
export const WHAT_NOW =
  'nothing of it was signed. Somebody else can write there: keep a copy, and restore the journal, or move the log and its ' +
  'key away together and begin a new one'
