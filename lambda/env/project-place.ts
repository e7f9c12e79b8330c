// Where the Stytch project's own secret is rotated, for the functions that ask for it. Absent where it is rotated by hand.
import { readNumber } from './number.ts'
import type { Reader } from './reader.ts'

export interface ProjectPlaceEnv {
  readonly secretName: string
  readonly rotationFunctionArn: string
  /** How often it is to be replaced; unlike the clients'. */
  readonly periodDays: number
}

const NAME = 'M2M_PROJECT_SECRET'
const FUNCTION = 'M2M_PROJECT_ROTATION_FUNCTION'
const PERIOD = 'M2M_PROJECT_PERIOD_DAYS'

export const readProjectPlace = (reader: Reader): { readonly project?: ProjectPlaceEnv } => {
  const secretName = reader.optional(NAME)
  const rotationFunctionArn = reader.optional(FUNCTION)
  if (secretName === undefined && rotationFunctionArn === undefined) return {}
  return {
    project: {
      secretName: reader.text(NAME, 'the name of the secret that holds the project secret'),
      rotationFunctionArn: reader.text(FUNCTION, "the ARN of the project secret's rotation function"),
      periodDays: readNumber(reader, PERIOD, 'the days between two rotations of the project secret, above 0'),
    },
  }
}

export const writeProjectPlace = (project: ProjectPlaceEnv | undefined): Record<string, string> =>
  project === undefined
    ? {}
    : { [NAME]: project.secretName, [FUNCTION]: project.rotationFunctionArn, [PERIOD]: String(project.periodDays) }
