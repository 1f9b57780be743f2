/** Light and dark; every pair of text and ground has a contrast of at least 4.5 to 1. */
export const colours: string = `
:root {
  color-scheme: light dark;
  --ground: #f3f3ef;
  --panel: #fdfdfb;
  --sunken: #eeeeea;
  --ink: #1b2127;
  --soft: #56606b;
  --rule: #dbdbd4;
  --hair: #e8e8e2;
  --line: #2b5f8c;
  --area: #2b5f8c1f;
  --good: #1d6b45;
  --good-ground: #e0efe5;
  --warn: #815300;
  --warn-ground: #f7ebcf;
  --bad: #aa2720;
  --bad-ground: #f9e3e0;
  --took-1: #b9382f;
  --took-2: #c98a1b;
  --took-3: #7a6bb0;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #0e1216;
    --panel: #151b21;
    --sunken: #10161b;
    --ink: #e3e8ec;
    --soft: #98a4b0;
    --rule: #2a333c;
    --hair: #202830;
    --line: #7fb4e0;
    --area: #7fb4e024;
    --good: #72c79a;
    --good-ground: #14302290;
    --warn: #e5b657;
    --warn-ground: #3a2d0f90;
    --bad: #ff8d83;
    --bad-ground: #43191690;
    --took-1: #e0665c;
    --took-2: #d6a13d;
    --took-3: #9c8fd0;
  }
}
`
