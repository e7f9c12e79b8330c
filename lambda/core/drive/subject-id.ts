// What names an incident or a campaign: the id that request tokens are about, by which whoever asks for the same joins what runs.

const SUBJECT_ID = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/

export const SUBJECT_ID_RULE = '1 to 128 of A-Z, a-z, 0-9 and . _ : -, starting with a letter or digit'

export const isSubjectId = (id: string): boolean => SUBJECT_ID.test(id)
