// The names that a laptop's stage has, as its template gives them.
import { readStage } from '../../lambda/local/laptop/deployed-stage.ts'

const { settings } = await readStage()

export const LAPTOP_BUS = settings.bus
export const LAPTOP_EVIDENCE = settings.evidenceBucket
export const LAPTOP_RECORDS = settings.recordsTable
export const LAPTOP_FREEZE = settings.freezeParameter
export const LAPTOP_PROJECT_SECRET = settings.projectSecret
export const laptopFunctionArn = settings.functionArn
