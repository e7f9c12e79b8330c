// Options that several commands have, with the checks that commander leaves to us.
import { type Command, InvalidArgumentError } from 'commander'

/** @throws InvalidArgumentError, which commander shows with the option's name. */
export const integerFrom =
  (min: number, max: number) =>
  (text: string): number => {
    const number = Number(text)
    if (/^\d+$/.test(text) && number >= min && number <= max) return number
    throw new InvalidArgumentError(`expected an integer from ${min} to ${max}`)
  }

/** For an option that may be given several times. */
export const addText = (text: string, before: readonly string[] = []): readonly string[] => [...before, text]

export const addCaution = (command: Command): Command =>
  command
    .option('--dry-run', 'show what would be done, and change nothing')
    .option('-y, --yes', 'do not ask for confirmation')

export const addPatience = (command: Command): Command =>
  command.option('--timeout <seconds>', 'how long to wait', integerFrom(1, 3600), 180)

export const addWaiting = (command: Command): Command => addPatience(command.option('--wait', 'wait until it is done'))
