// The state of the page: a reload would lose it.
import { title } from './title.js';

const heading = document.querySelector('h1');
const output = document.querySelector('output');
let clicks = 0;

heading.textContent = title;
document.querySelector('b').textContent = location.host;
document.querySelector('button').addEventListener('click', () => {
  clicks++;
  output.textContent = `${clicks}`;
});

if (import.meta.hot) {
  import.meta.hot.accept('./title.js', module => {
    heading.textContent = module.title;
  });
}
