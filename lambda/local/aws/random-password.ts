// GetRandomPassword. The project needs none, since its vendor makes the secrets; a laptop's guests may.
import { randomInt } from 'node:crypto'
import { invalidParameter } from './aws-fault.ts'
import { type Body, readInput } from './input.ts'

const LOWER = 'abcdefghijklmnopqrstuvwxyz'
const UPPER = LOWER.toUpperCase()
const DIGITS = '0123456789'
const PUNCTUATION = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~'

const pick = (characters: string): string => characters.charAt(randomInt(characters.length))

const shuffle = (characters: string[]): string => {
  for (let i = characters.length - 1; i > 0; i -= 1) {
    const j = randomInt(i + 1)
    const held = characters[i] ?? ''
    characters[i] = characters[j] ?? ''
    characters[j] = held
  }
  return characters.join('')
}

/** @throws InvalidParameterException when no characters are left, or the length cannot hold one of each type */
export const getRandomPassword = (body: Body): object => {
  const input = readInput(body)
  const length = input.integer('PasswordLength') ?? 32
  const excluded = input.text('ExcludeCharacters') ?? ''
  const types = [
    input.flag('ExcludeLowercase') === true ? '' : LOWER,
    input.flag('ExcludeUppercase') === true ? '' : UPPER,
    input.flag('ExcludeNumbers') === true ? '' : DIGITS,
    input.flag('ExcludePunctuation') === true ? '' : PUNCTUATION,
    input.flag('IncludeSpace') === true ? ' ' : '',
  ]
    .map((type) => [...type].filter((character) => !excluded.includes(character)).join(''))
    .filter((type) => type !== '')
  const requiresEach = input.flag('RequireEachIncludedType') !== false
  if (types.length === 0) throw invalidParameter('No characters are left to make a password of.')
  const required = requiresEach ? types.map(pick) : []
  if (required.length > length) {
    throw invalidParameter('Password length is too short based on the required types.')
  }
  const all = types.join('')
  while (required.length < length) required.push(pick(all))
  return { RandomPassword: shuffle(required) }
}
