// Which names Systems Manager takes for a parameter, and how it refuses the others. The reserved beginnings and their two wordings are as
// Moto's authors found them on AWS; the rest is the API reference's (PutParameter, "Name").
import { AwsFault, invalidInput } from './aws-fault.ts'

const CHARACTERS = /^[A-Za-z0-9_.\-/]+$/
const MOST_LEVELS = 15
/** Of the whole ARN. */
const MOST_CHARACTERS = 1011

const OF_PATH =
  'Parameter name: can\'t be prefixed with "ssm" (case-insensitive). If formed as a path, it can consist of sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, numbers and the following 3 symbols .-_'
const OF_NAME = 'Parameter name: can\'t be prefixed with "aws" or "ssm" (case-insensitive).'

/** Of a name that is looked up or written. @throws ValidationException */
export const checkParameterName = (name: string): void => {
  if (!CHARACTERS.test(name)) throw invalidInput(OF_PATH)
}

/** Of a name that is written. @throws ValidationException and others of Systems Manager's */
export const checkNewParameterName = (name: string, arn: string): void => {
  checkParameterName(name)
  const isPath = name.indexOf('/', 1) > 0
  const first = name.replace(/^\//, '').toLowerCase()
  if (isPath && name.toLowerCase().startsWith('/aws')) {
    throw new AwsFault('AccessDeniedException', `No access to reserved parameter name: ${name}.`)
  }
  if (first.startsWith('aws') || first.startsWith('ssm')) throw invalidInput(isPath ? OF_PATH : OF_NAME)
  if (isPath && !name.startsWith('/')) throw invalidInput('Parameter name must be a fully qualified name.')
  if (name.endsWith('/')) throw invalidInput('Parameter name must not end with slash.')
  if (name.split('/').length - 1 > MOST_LEVELS) {
    throw new AwsFault(
      'HierarchyLevelLimitExceededException',
      `A hierarchy can have a maximum of ${MOST_LEVELS} levels.`,
    )
  }
  if (arn.length > MOST_CHARACTERS) throw invalidInput(`Parameter ARN is longer than ${MOST_CHARACTERS} characters.`)
}
