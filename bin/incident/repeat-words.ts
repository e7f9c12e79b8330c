// The command that reports an incident once more, as whoever was refused may paste it into a shell. Pure.

interface RepeatOptions {
  readonly reason?: string
  /** Seconds. */
  readonly grace?: number
  readonly wait?: true
  readonly direct?: true
  readonly breakGlass?: true
}

/** For a shell: nothing in it is read as anything but itself. */
const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`

/** What was typed, with the id: as a whole where it was about one client. */
export const repeatWords = (
  { reason, grace, wait, direct, breakGlass }: RepeatOptions,
  names: string,
  incidentId: string,
): string => {
  if (names === '') return `the same command with --id ${incidentId}`
  const more = [
    reason === undefined ? [] : `--reason ${quoted(reason)}`,
    grace === undefined ? [] : `--grace ${grace}s`,
    breakGlass === true ? '--break-glass' : [],
    direct === true ? '--direct' : [],
    wait === true ? '--wait' : [],
  ].flat()
  return ['m2m incident', names.trim(), `--id ${incidentId}`, ...more].join(' ')
}
