export const title = 'Before the edit';
